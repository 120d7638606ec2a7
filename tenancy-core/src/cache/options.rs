use std::time::Duration;

/// How a [`TenantCache`](super::TenantCache) loads, and how long what it loaded counts.
///
/// ```
/// use std::time::Duration;
/// use tenancy_core::TenantCacheOptions;
///
/// let options = TenantCacheOptions::new().fresh_for(Duration::from_secs(60)).loads_at_once(8);
/// ```
#[derive(Debug, Clone)]
pub struct TenantCacheOptions {
    pub(super) fresh_for: Duration,
    pub(super) load_within: Duration,
    pub(super) loads_at_once: usize,
    pub(super) loads_at_once_per_tenant: usize,
}

impl TenantCacheOptions {
    /// Takes the defaults that each setter names.
    pub const fn new() -> Self {
        Self {
            fresh_for: Duration::from_mins(5),
            load_within: Duration::from_secs(5),
            loads_at_once: 64,
            loads_at_once_per_tenant: 16,
        }
    }

    /// Sets how long a value counts; 300 s, a tenth more or less by chance, so that what was
    /// loaded together is not loaded together again. Ten years are the most.
    pub const fn fresh_for(mut self, time: Duration) -> Self {
        self.fresh_for = time;
        self
    }

    /// Sets how long a load may take; 5 s. It may wait as long again for its turn.
    pub const fn load_within(mut self, time: Duration) -> Self {
        self.load_within = time;
        self
    }

    /// Sets how many loads run at once; 64.
    ///
    /// # Panics
    ///
    /// When it is zero.
    pub const fn loads_at_once(mut self, loads: usize) -> Self {
        assert!(loads > 0, "a cache that may not load has nothing to give");
        self.loads_at_once = loads;
        self
    }

    /// Sets how many of them one tenant may have; 16. The others do not wait for its slow ones.
    ///
    /// # Panics
    ///
    /// When it is zero.
    pub const fn loads_at_once_per_tenant(mut self, loads: usize) -> Self {
        assert!(loads > 0, "a cache that may not load has nothing to give");
        self.loads_at_once_per_tenant = loads;
        self
    }
}

impl Default for TenantCacheOptions {
    fn default() -> Self {
        Self::new()
    }
}
