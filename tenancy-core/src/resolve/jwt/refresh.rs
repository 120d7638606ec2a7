//! When a JWKS is fetched, and by whom: one flight at a time, which no request can cancel.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::key_set::Shared;
use super::{Jwks, jwk};
use crate::{Error, ErrorKind};

/// Requests may make us fetch once in this time.
const OUT_OF_TURN: Duration = Duration::from_secs(30);
/// A request waits this long for a fetch.
const PATIENCE: Duration = Duration::from_secs(2);
/// A fetch has failed after this time.
const FLIGHT: Duration = Duration::from_secs(10);

pub(super) struct Refresh {
    jwks: Jwks,
    state: Mutex<State>,
    /// Counts flights that have landed.
    landed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    is_flying: bool,
    started_at: Option<i64>,
    document: Option<[u8; 32]>,
    has_failed: bool,
}

impl Refresh {
    pub(super) fn new(jwks: Jwks) -> Self {
        Self { jwks, state: Mutex::default(), landed: watch::Sender::new(0) }
    }

    /// Tells whether waiting may bring keys that are not known now.
    pub(super) fn may_help(&self) -> bool {
        let state = self.state();
        state.is_flying || self.is_due(&state)
    }

    /// Waits for the flight in the air, or for one it starts if that is due. Cancelling the
    /// wait leaves the flight alone.
    pub(super) async fn wait(&self, shared: &Arc<Shared>) {
        let landed = {
            let mut state = self.state();
            let landed = self.landed.subscribe();
            if !state.is_flying {
                if !self.is_due(&state) {
                    return;
                }
                self.take_off(&mut state, shared);
            }
            landed
        };
        let _ = timeout(PATIENCE, wait_for(landed)).await;
    }

    fn is_due(&self, state: &State) -> bool {
        let now = self.jwks.clock.now_micros();
        // A clock that was set back must not silence us: the distance counts.
        state.started_at.is_none_or(|at| now.abs_diff(at) >= micros(OUT_OF_TURN).unsigned_abs())
    }

    fn take_off(&self, state: &mut State, shared: &Arc<Shared>) {
        state.is_flying = true;
        state.has_failed = true;
        state.started_at = Some(self.jwks.clock.now_micros());
        tokio::spawn(fly(Landing(Arc::clone(shared))));
    }

    /// Fetches the document and takes its keys over.
    async fn fetch(&self, shared: &Shared) -> Result<(), Error> {
        let asked_at = self.jwks.clock.now_micros();
        let document = timeout(FLIGHT, self.jwks.source.fetch()).await.map_err(|source| {
            Error::new(ErrorKind::Unavailable, "fetch a key set").with_source(source)
        })??;
        let keys = jwk::parse(&document)?;
        let digest: [u8; 32] = Sha256::digest(&document).into();
        let mut state = self.state();
        // The same document keeps the tokens that were verified with it.
        if state.document != Some(digest) {
            shared.replace(keys);
            state.document = Some(digest);
        }
        shared.keep_until(asked_at.saturating_add(micros(self.jwks.max_age)));
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fetches regularly, while anybody holds the set.
pub(super) async fn follow(shared: Weak<Shared>, interval: Duration) {
    let mut failures = 0_u32;
    loop {
        let Some(landed) = start(&shared) else { return };
        wait_for(landed).await;
        let Some(has_failed) = has_failed(&shared) else { return };
        failures = if has_failed { failures.saturating_add(1) } else { 0 };
        sleep(pause(interval, failures)).await;
    }
}

fn start(shared: &Weak<Shared>) -> Option<watch::Receiver<u64>> {
    let shared = shared.upgrade()?;
    let refresh = shared.refresh.as_ref()?;
    let mut state = refresh.state();
    let landed = refresh.landed.subscribe();
    if !state.is_flying {
        refresh.take_off(&mut state, &shared);
    }
    drop(state);
    Some(landed)
}

fn has_failed(shared: &Weak<Shared>) -> Option<bool> {
    Some(shared.upgrade()?.refresh.as_ref()?.state().has_failed)
}

/// Returns the interval, or after failures 1, 2, 4… seconds; give or take a tenth, so that
/// many processes do not ask at once.
fn pause(interval: Duration, failures: u32) -> Duration {
    let base = match failures {
        0 => interval,
        n => interval.min(Duration::from_secs(1 << (n - 1).min(10))),
    };
    let mut random = [0_u8; 1];
    // Without randomness the pause is a little short, which harms nobody.
    let _ = getrandom::fill(&mut random);
    base.mul_f64(0.9 + 0.2 * f64::from(random[0]) / 255.0)
}

/// Returns when the flight has landed, or can no more because the set is gone.
async fn wait_for(mut landed: watch::Receiver<u64>) {
    let _ = landed.changed().await;
}

async fn fly(landing: Landing) {
    let shared = &landing.0;
    let Some(refresh) = &shared.refresh else { return };
    match refresh.fetch(shared).await {
        Ok(()) => refresh.state().has_failed = false,
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "a key set was not refreshed");
        }
    }
}

/// Ends a flight, also one that panics or whose runtime goes away.
struct Landing(Arc<Shared>);

impl Drop for Landing {
    fn drop(&mut self) {
        if let Some(refresh) = &self.0.refresh {
            refresh.state().is_flying = false;
            refresh.landed.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
