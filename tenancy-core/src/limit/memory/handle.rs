use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::MemoryRateLimiter;
use super::shared::{Shared, SharedBucket};
use crate::TenantId;
use crate::limit::step::TokenBucketState;
use crate::limit::{Call, Decision, Limit};

/// Limits of one tenant that were looked up ahead, to be charged together in nanoseconds.
///
/// It charges the same counts as [`MemoryRateLimiter`] does by key, and they may be used side by
/// side. Token buckets that are not in shadow are charged without a look-up; limits of other
/// shapes, or mixed ones, are looked up each time, with the same answers. It is cheap to clone.
///
/// All limits are charged or none is, also among threads: the decisions over the shared buckets of
/// a tenant are made one after the other, each within some nanoseconds.
///
/// Buckets stay in memory as long as there is a handle to them. When somebody asks by key under
/// another policy, the handle goes on under its own, as a call by key would, and with a look-up:
/// take a new one where a policy changes.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, TokenBucket, Verdict};
/// use tenancy_core::{CounterClock, TenantId};
///
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let limiter = Arc::new(MemoryRateLimiter::new(Arc::new(CounterClock::new())));
/// let limits: Arc<[Limit]> =
///     Arc::new([Limit::new(LimitName::TENANT, TokenBucket::per_hour(n(2), n(1))?)]);
/// let (harbor, riverside) = (TenantId::generate(), TenantId::generate());
///
/// let handle = limiter.handle(harbor, &limits)?;
/// assert!(handle.check(n(2)).is_admitted());
/// let Verdict::Limited(decision) = handle.check(n(1)) else { panic!("nothing is left") };
/// assert!(decision.retry_after().is_some());
///
/// assert!(limiter.handle(riverside, &limits)?.check(n(1)).is_admitted());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone)]
pub struct LimitHandle {
    limiter: Arc<MemoryRateLimiter>,
    tenant: TenantId,
    limits: Arc<[Limit]>,
    shared: Option<Shared>,
}

/// What a [`LimitHandle`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All limits were charged.
    Admitted,
    /// No limit was charged. The decision says where each stands, and how long to wait.
    Limited(Decision),
}

impl Verdict {
    /// Tells whether the call may go on.
    pub const fn is_admitted(&self) -> bool {
        matches!(self, Self::Admitted)
    }
}

impl LimitHandle {
    pub(super) const fn new(
        limiter: Arc<MemoryRateLimiter>,
        tenant: TenantId,
        limits: Arc<[Limit]>,
        shared: Option<Shared>,
    ) -> Self {
        Self { limiter, tenant, limits, shared }
    }

    /// Charges the cost to all limits when all admit it, else to none.
    #[inline]
    pub fn check(&self, cost: NonZeroU32) -> Verdict {
        if self.shared.as_ref().is_some_and(|shared| self.try_charge(shared, cost)) {
            Verdict::Admitted
        } else {
            self.check_by_key(cost)
        }
    }

    /// Charges the buckets when all admit it. What it does not, is asked by key.
    #[inline]
    fn try_charge(&self, shared: &Shared, cost: NonZeroU32) -> bool {
        // Before the turn: reading the time takes longer than all that is done in it.
        let now = self.limiter.now_micros();
        let turn = shared.turnstile.take();
        let admitting = |bucket: &SharedBucket| -> Option<TokenBucketState> {
            bucket.read(&turn).filter(|state| state.admits(now, cost))
        };
        if let [bucket] = &*shared.buckets {
            let Some(mut state) = admitting(bucket) else { return false };
            state.charge(now, cost);
            bucket.write(&turn, state);
            return true;
        }
        if shared.buckets.iter().any(|bucket| admitting(bucket).is_none()) {
            return false;
        }
        for bucket in &*shared.buckets {
            // It was there above, and the turn is ours.
            if let Some(mut state) = bucket.read(&turn) {
                state.charge(now, cost);
                bucket.write(&turn, state);
            }
        }
        true
    }

    #[cold]
    fn check_by_key(&self, cost: NonZeroU32) -> Verdict {
        let decided = self.limiter.decide_now(self.tenant, &self.limits, Call::charge(cost));
        let decision = decided.expect("the limits were checked when the handle was taken");
        if decision.is_allowed() { Verdict::Admitted } else { Verdict::Limited(decision) }
    }
}

impl fmt::Debug for LimitHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitHandle").field("limits", &self.limits).finish_non_exhaustive()
    }
}
