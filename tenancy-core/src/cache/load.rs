//! Loading what is missing, once for all who wait.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::failure::Failure;
use super::flights::{Boarded, Flight, Landed};
use super::outcome::Outcome;
use super::tenant_cache::Inner;
use super::{Begun, CacheKey, Filled, Lease};
use crate::{Error, ErrorKind, TenantContext};

/// How often a load is done again because something happened to its key meanwhile.
const ATTEMPTS: usize = 3;

/// What a lease lives beyond the load it was made for.
const SLACK: Duration = Duration::from_secs(1);

impl<V: Send + Sync + 'static> Inner<V> {
    /// Waits for the load of a key, and begins one if nobody has.
    pub(super) async fn load<F, Fut>(self: &Arc<Self>, key: &CacheKey, load: F) -> Landed<V>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Result<V, Error>> + Send + 'static,
    {
        let mut awaited = match self.flights.board(key) {
            Boarded::Waiting(awaited) => awaited,
            Boarded::First(awaited, flight) => {
                // In a task: whoever waits may give up.
                TenantContext::spawn(self.clone().fly(flight, load));
                awaited
            }
            Boarded::Full => return Err(overloaded()),
        };
        let landed = awaited.wait_for(Option::is_some).await.map(|answer| answer.clone());
        landed.ok().flatten().unwrap_or_else(|| {
            let message = "load a value for a cache: the load panicked, or its runtime ended";
            Err(Failure::new(ErrorKind::Internal, message))
        })
    }

    async fn fly<F, Fut>(self: Arc<Self>, flight: Flight<V>, load: F)
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Result<V, Error>> + Send,
    {
        let turn = timeout(self.options.load_within, async {
            // The tenant's own first: those who wait for it stand in nobody's way.
            (flight.turns().acquire().await, self.turns.acquire().await)
        })
        .await;
        let answer = match &turn {
            Ok(_) => self.load_until_current(flight.key(), load).await,
            Err(_) => Err(overloaded()),
        };
        drop(turn);
        flight.land(answer);
    }

    /// Loads again when the value was outdated while it was loaded.
    async fn load_until_current<F, Fut>(&self, key: &CacheKey, mut load: F) -> Landed<V>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<V, Error>>,
    {
        let until = Instant::now() + self.options.load_within;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let begun = match self.store.begin(key, self.options.load_within + SLACK).await {
                Ok(Begun::Found(value)) => return Ok((value, Outcome::Hit)),
                Ok(Begun::Lease(lease)) => Some(lease),
                Err(error) => {
                    self.say(&error, "a cache cannot be asked");
                    None
                }
            };
            let value = match timeout_at(until, load()).await {
                Ok(loaded) => Arc::new(loaded.map_err(Failure::from)?),
                // An attempt too many: the last one gave an answer.
                Err(_) if last.is_some() => break,
                Err(_) => return Err(late()),
            };
            let Some(lease) = begun else { return Ok((value, Outcome::Away)) };
            if self.keep(key, &lease, &value).await == Filled::Kept {
                return Ok((value, Outcome::Miss));
            }
            last = Some(value);
        }
        // Given to those who wait, and not kept.
        last.map(|value| (value, Outcome::Miss)).ok_or_else(late)
    }

    /// Keeps a value that was loaded, if it may be kept.
    async fn keep(&self, key: &CacheKey, lease: &Lease, value: &Arc<V>) -> Filled {
        let lives = self.lives(value);
        if lives.is_zero() {
            return Filled::Kept;
        }
        self.store.fill(key, lease, value, lives).await.unwrap_or_else(|error| {
            self.say(&error, "a cache cannot keep a value");
            // Loading again would not help.
            Filled::Kept
        })
    }

    pub(super) fn say(&self, error: &Error, what: &'static str) {
        let cause = std::error::Error::source(error).map(tracing::field::display);
        if error.is_transient() {
            tracing::debug!(cache = self.store.name().as_str(), %error, cause, "{what}");
        } else {
            tracing::warn!(cache = self.store.name().as_str(), %error, cause, "{what}");
        }
    }
}

fn overloaded() -> Failure {
    let message = "load a value for a cache: too many are loaded at once";
    Failure::new(ErrorKind::Overloaded, message)
}

fn late() -> Failure {
    Failure::new(ErrorKind::Unavailable, "load a value for a cache: it is not there in time")
}
