use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tenancy_core::Error;
use tokio::time::{Instant, sleep};

use super::breaker::Breaker;
use super::freshness::Freshness;
use crate::backend::Positions;
use crate::options::TenantDbOptions;

/// A server that follows another one, and may answer its readers.
pub(super) struct Replica {
    /// Its place in the list of nodes.
    pub(super) node: usize,
    /// That of the server that it follows.
    pub(super) of: usize,
    /// Opens when it could not be used.
    breaker: Breaker,
    watch: Arc<Watch>,
}

/// What is known of it, by a task that asks as long as there are readers.
struct Watch {
    /// They may hold passwords.
    primary: String,
    replica: String,
    label: String,
    freshness: Mutex<Freshness>,
    /// Whether somebody wanted to read since it was asked last.
    is_wanted: AtomicBool,
    is_watched: AtomicBool,
    /// Said once, until it is fit again.
    is_unfit: AtomicBool,
}

impl Replica {
    pub(super) fn new(
        (node, replica): (usize, &str),
        (of, primary): (usize, &str),
        label: String,
    ) -> Self {
        let watch = Arc::new(Watch {
            primary: primary.to_owned(),
            replica: replica.to_owned(),
            label,
            freshness: Mutex::default(),
            is_wanted: AtomicBool::new(false),
            is_watched: AtomicBool::new(false),
            is_unfit: AtomicBool::new(false),
        });
        Self { node, of, breaker: Breaker::default(), watch }
    }

    /// Tells whether a reader misses nothing there that was committed at `written`, or long ago.
    pub(super) fn suffices(&self, written: Option<Instant>, options: &TenantDbOptions) -> bool {
        self.watch.is_wanted.store(true, Ordering::Relaxed);
        if !self.watch.is_watched.swap(true, Ordering::Relaxed) {
            tokio::spawn(watch(Arc::downgrade(&self.watch), options.connect_timeout));
        }
        let now = Instant::now();
        self.watch.freshness().suffices(written, now, options.replica_lag)
            && self.breaker.admits(now).is_some()
    }

    pub(super) fn succeeded(&self) {
        self.breaker.succeeded();
    }

    /// Learns that it could not be used.
    pub(super) fn failed(&self, error: &Error) {
        if self.breaker.failed(Instant::now()) {
            let server = &self.watch.label;
            tracing::warn!(server, %error, "a replica is not used: its primary answers instead");
        }
    }
}

impl Watch {
    fn freshness(&self) -> MutexGuard<'_, Freshness> {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, why: &str) {
        self.freshness().forget();
        if !self.is_unfit.swap(true, Ordering::Relaxed) {
            tracing::warn!(server = self.label, "a replica is not used: {why}");
        }
    }
}

/// Asks both servers again and again, until nobody has wanted to know for a while.
async fn watch(watch: Weak<Watch>, patience: Duration) {
    const PAUSE: Duration = Duration::from_millis(50);
    const UNWANTED: u32 = 200;

    let _ending = Ending(watch.clone());
    let mut positions = None;
    let mut unwanted = 0;
    loop {
        let Some(watch) = watch.upgrade() else { return };
        unwanted = if watch.is_wanted.swap(false, Ordering::Relaxed) { 0 } else { unwanted + 1 };
        if unwanted > UNWANTED {
            return;
        }
        step(&watch, &mut positions, patience).await;
        drop(watch);
        sleep(PAUSE).await;
    }
}

/// However the task ends, the next reader starts another one.
struct Ending(Weak<Watch>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(watch) = self.0.upgrade() {
            watch.freshness().forget();
            watch.is_watched.store(false, Ordering::Relaxed);
        }
    }
}

async fn step(watch: &Watch, positions: &mut Option<Positions>, patience: Duration) {
    if positions.is_none() {
        match Positions::between(&watch.primary, &watch.replica, patience).await {
            Ok(Some(found)) => *positions = Some(found),
            Ok(None) => watch.forget("it follows another server"),
            Err(_) => watch.forget("it, or its primary, does not answer"),
        }
    }
    let Some(asking) = positions else { return };
    let asked = Instant::now();
    match asking.ask(patience).await {
        Ok(Some(standing)) => {
            watch.is_unfit.store(false, Ordering::Relaxed);
            watch.freshness().learn(asked, standing.written, standing.replayed);
            return;
        }
        Ok(None) => watch.forget("it is a server of its own"),
        Err(_) => watch.forget("it, or its primary, does not answer"),
    }
    *positions = None;
}
