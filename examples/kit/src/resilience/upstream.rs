use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use tenancy_core::TenantId;
use time::OffsetDateTime;

use super::{Breaker, BreakerOptions, BreakerState, Pass};

/// The breaker that all tenants share towards one server: it opens only when calls of several
/// tenants fail and none succeeds, so that what is wrong with one of them stops nobody else.
///
/// ```
/// use kit::resilience::{BreakerOptions, BreakerState, Upstream};
/// use tenancy_core::TenantId;
/// use time::OffsetDateTime;
///
/// let upstream = Upstream::new(BreakerOptions::new(4), 2);
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let now = OffsetDateTime::UNIX_EPOCH;
/// for _ in 0..20 {
///     upstream.enter(now).expect("it is closed").failed(harbor, now);
/// }
/// assert_eq!(upstream.state(now), BreakerState::Closed, "one tenant opens it for nobody");
/// for _ in 0..4 {
///     upstream.enter(now).expect("it is closed").failed(summit, now);
/// }
/// assert_eq!(upstream.state(now), BreakerState::Open);
/// ```
#[derive(Debug, Clone)]
pub struct Upstream {
    breaker: Breaker,
    failing: Arc<Mutex<BTreeSet<TenantId>>>,
    tenants: usize,
}

/// A call that was let through.
#[derive(Debug)]
#[must_use = "the breaker learns from what is said of the call"]
pub struct UpstreamPass {
    upstream: Upstream,
    pass: Pass,
}

impl Upstream {
    /// Opens as the options say, once calls of so many tenants have failed since the last success.
    pub fn new(options: BreakerOptions, tenants: usize) -> Self {
        Self { breaker: Breaker::new(options), failing: Arc::default(), tenants }
    }

    /// Lets a call through, or not.
    pub fn enter(&self, now: OffsetDateTime) -> Option<UpstreamPass> {
        let pass = self.breaker.enter(now)?;
        Some(UpstreamPass { upstream: self.clone(), pass })
    }

    /// Tells whether it lets calls through.
    pub fn state(&self, now: OffsetDateTime) -> BreakerState {
        self.breaker.state(now)
    }

    /// Tells whether [`enter`](Self::enter) would let a call through now.
    pub fn admits(&self, now: OffsetDateTime) -> bool {
        self.breaker.admits(now)
    }

    fn failing(&self) -> MutexGuard<'_, BTreeSet<TenantId>> {
        self.failing.lock().expect("no code panics while it holds this lock")
    }
}

impl UpstreamPass {
    /// The server answered, whomever.
    pub fn succeeded(self) {
        self.upstream.failing().clear();
        self.pass.succeeded();
        // A success closes it even when it was no trial: the server is there.
        self.upstream.breaker.reset();
    }

    /// The server did not answer a call of this tenant, or could not.
    pub fn failed(self, tenant: TenantId, now: OffsetDateTime) {
        let mut failing = self.upstream.failing();
        // Enough to know that there are several.
        if failing.len() < self.upstream.tenants {
            failing.insert(tenant);
        }
        let several = failing.len() >= self.upstream.tenants;
        drop(failing);
        if several || self.upstream.breaker.state(now) != BreakerState::Closed {
            self.pass.failed(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_of_anybody_starts_anew() {
        let upstream = Upstream::new(BreakerOptions::new(3), 2);
        let (harbor, summit) = (TenantId::generate(), TenantId::generate());
        let now = OffsetDateTime::UNIX_EPOCH;
        for _ in 0..9 {
            upstream.enter(now).unwrap().failed(harbor, now);
            upstream.enter(now).unwrap().failed(summit, now);
            upstream.enter(now).unwrap().succeeded();
        }
        assert_eq!(upstream.state(now), BreakerState::Closed);
        for tenant in [harbor, summit, harbor, summit] {
            upstream.enter(now).unwrap().failed(tenant, now);
        }
        assert_eq!(upstream.state(now), BreakerState::Open);
        assert!(!upstream.admits(now) && upstream.enter(now).is_none());
        let later = now + time::Duration::seconds(30);
        upstream.enter(later).unwrap().failed(harbor, later);
        assert_eq!(upstream.state(later), BreakerState::Open, "the trial failed");
    }
}
