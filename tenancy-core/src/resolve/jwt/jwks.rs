use std::sync::Arc;
use std::time::Duration;

use super::refresh::{self, Refresh};
use super::{JwksSource, KeySet};
use crate::{Clock, SystemClock};

/// A [`KeySet`] that follows a JWKS (RFC 7517).
///
/// Keys are RSA of 2048 bits or more for RS256, P-256 for ES256 and Ed25519 for `EdDSA`. Secrets,
/// keys for another use and keys of other kinds are left out.
///
/// A task fetches the document at the start and then regularly, until the last clone of the set
/// is dropped. A token that names a key nobody knows makes it fetch out of turn, once in half a
/// minute at most, however many such tokens come. When fetching fails, the keys that are known
/// stay, for a day by default, and it is tried again soon.
///
/// ```
/// use tenancy_core::resolve::{Jwks, JwksFile};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let keys = Jwks::new(JwksFile::new("/run/secrets/jwks.json")).start();
/// # }
/// ```
#[derive(Debug)]
pub struct Jwks {
    pub(super) source: Box<dyn JwksSource>,
    pub(super) interval: Duration,
    pub(super) max_age: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl Jwks {
    /// Follows the document of a source: every 10 minutes, believing it for a day.
    pub fn new(source: impl JwksSource) -> Self {
        Self {
            source: Box::new(source),
            interval: Duration::from_mins(10),
            max_age: Duration::from_hours(24),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets how often it is fetched, give or take a tenth; a second is the least.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_secs(1));
        self
    }

    /// Sets how long the keys of the last good answer are believed.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Takes time from another clock. Pauses between fetches are the runtime's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Starts to follow it. Requests that come before the first answer wait for it a little.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(self) -> KeySet {
        let interval = self.interval;
        let keys = KeySet::with([], Some(Refresh::new(self)));
        tokio::spawn(refresh::follow(Arc::downgrade(&keys.0), interval));
        keys
    }
}
