use std::sync::Arc;
use std::time::Duration;

use crate::{Clock, SystemClock};

/// How a [`CachedDirectory`](super::CachedDirectory) remembers.
///
/// ```
/// use std::time::Duration;
/// use tenancy_core::CacheOptions;
///
/// let options = CacheOptions::new().fresh_for(Duration::from_secs(60)).capacity(500_000);
/// ```
#[derive(Debug, Clone)]
pub struct CacheOptions {
    pub(super) capacity: u64,
    pub(super) absent_capacity: u64,
    pub(super) fresh_for: Duration,
    pub(super) absent_for: Duration,
    pub(super) stale_for: Duration,
    pub(super) load_within: Duration,
    pub(super) loads_at_once: usize,
    pub(super) clock: Arc<dyn Clock>,
}

impl CacheOptions {
    /// Takes the defaults that each setter names.
    pub fn new() -> Self {
        Self {
            capacity: 400_000,
            absent_capacity: 20_000,
            fresh_for: Duration::from_mins(5),
            absent_for: Duration::from_secs(5),
            stale_for: Duration::from_mins(5),
            load_within: Duration::from_secs(2),
            loads_at_once: 32,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets how many keys are remembered; 400,000. A tenant has a key for its id, its slug, each
    /// domain, API key and session in use.
    pub fn capacity(mut self, keys: u64) -> Self {
        self.capacity = keys;
        self
    }

    /// Sets how many keys are remembered that lead nowhere; 20,000. They have room of their own:
    /// made-up names push no tenant out.
    pub fn absent_capacity(mut self, keys: u64) -> Self {
        self.absent_capacity = keys;
        self
    }

    /// Sets how long an answer counts; 300 s, a tenth more or less by chance, so that what was
    /// loaded together is not loaded together again.
    pub fn fresh_for(mut self, time: Duration) -> Self {
        self.fresh_for = time;
        self
    }

    /// Sets how long "there is none" counts; 5 s.
    pub fn absent_for(mut self, time: Duration) -> Self {
        self.absent_for = time;
        self
    }

    /// Sets how long an answer that no longer counts is still given when the source fails; 300 s.
    /// One that was invalidated is never given.
    pub fn stale_for(mut self, time: Duration) -> Self {
        self.stale_for = time;
        self
    }

    /// Sets how long the source may take; 2 s.
    pub fn load_within(mut self, time: Duration) -> Self {
        self.load_within = time;
        self
    }

    /// Sets how many keys the source is asked for at once; 32.
    ///
    /// # Panics
    ///
    /// When it is zero.
    pub fn loads_at_once(mut self, loads: usize) -> Self {
        assert!(loads > 0, "a directory that may not be asked finds nobody");
        self.loads_at_once = loads;
        self
    }

    /// Takes time from another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self::new()
    }
}
