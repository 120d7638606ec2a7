use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::LimitHandle;
use super::shard::Shard;
use crate::limit::{Call, Decision, Limit, RateLimiter};
use crate::{Clock, Error, TenantId};

/// A limiter in memory: exact for one process.
///
/// Several processes count each by itself; `tenancy-redis` has the limiter they share. States
/// whose window has passed are dropped on the way, so memory follows the traffic of the last
/// windows; no task runs in the background.
///
/// The clock may jump. Forward, windows pass early; backward, the hits already counted stay
/// until the clock has caught up with them.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::SystemClock;
/// use tenancy_core::limit::MemoryRateLimiter;
///
/// let limiter = MemoryRateLimiter::new(Arc::new(SystemClock));
/// ```
pub struct MemoryRateLimiter {
    clock: Arc<dyn Clock>,
    shards: Box<[Aligned<Mutex<Shard>>]>,
}

/// Keeps two shards off one cache line, and off a pair that is fetched together.
#[repr(align(128))]
struct Aligned<T>(T);

const SHARDS: usize = 64;

impl MemoryRateLimiter {
    /// Makes a limiter that takes its time from this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shards = (0..SHARDS).map(|_| Aligned(Mutex::new(Shard::new()))).collect();
        Self { clock, shards }
    }

    /// Returns how many states are in memory: subjects of all tenants that were seen lately.
    pub fn tracked(&self) -> usize {
        self.shards.iter().map(|shard| lock(&shard.0).len()).sum()
    }

    /// Looks limits of a tenant up ahead, for many calls.
    ///
    /// It counts as a call under their policies: limits that had others follow them from now on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the limits do not
    /// [fit together](Limit::validate), or one of them is a
    /// [`Concurrency`](crate::limit::Concurrency): a [`Permit`](crate::limit::Permit) takes those.
    pub fn handle(
        self: &Arc<Self>,
        tenant: TenantId,
        limits: &Arc<[Limit]>,
    ) -> Result<LimitHandle, Error> {
        Call::charge(NonZeroU32::MIN).validate(limits)?;
        let shared = self.shard(tenant).share(tenant, limits, self.now_micros());
        Ok(LimitHandle::new(self.clone(), tenant, limits.clone(), shared))
    }

    #[inline]
    pub(super) fn now_micros(&self) -> i64 {
        self.clock.now_micros()
    }

    pub(super) fn decide_now(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        call.validate(limits)?;
        self.shard(tenant).decide(tenant, limits, self.clock.now_micros(), call)
    }

    fn shard(&self, tenant: TenantId) -> MutexGuard<'_, Shard> {
        let bits = tenant.uuid().as_u64_pair();
        let mixed = (bits.0 ^ bits.1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let index = usize::try_from(mixed >> 58).expect("six bits fit") % SHARDS;
        lock(&self.shards[index].0)
    }
}

/// A panic elsewhere leaves counts that are at worst too high by one.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        self.decide_now(tenant, limits, call)
    }

    fn try_local(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
    ) -> Option<Result<Decision, Error>> {
        Some(self.decide_now(tenant, limits, Call::charge(cost)))
    }
}

impl fmt::Debug for MemoryRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRateLimiter").field("clock", &self.clock).finish_non_exhaustive()
    }
}
