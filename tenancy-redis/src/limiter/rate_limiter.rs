use std::sync::Arc;

use async_trait::async_trait;
use tenancy_core::limit::{
    Call, Decision, Limit, MemoryRateLimiter, Operation, RateLimiter, Source,
};
use tenancy_core::{Clock, Error, SystemClock, TenantId};

use super::asked::Asked;
use super::batches::{Batches, Memory};
use super::on_loss::{self, OnLoss};
use crate::RedisStore;
use crate::failure::Failure;

/// A limiter that all nodes share: exact for all of them together.
///
/// All limits of a call are decided in one script, in one round trip, by the clock of the
/// server; calls that wait at the same time travel together. All keys of a tenant share a slot of
/// a cluster. Without an answer within the [deadline](crate::RedisOptions::deadline), [`OnLoss`]
/// says who decides, and the decision's [`source`](Decision::source) says so. An answer that
/// comes late may have charged; it never admits.
///
/// What Redis loses is forgotten: at a failover what was not yet replicated, at a restart what
/// was not on disk, under a `maxmemory-policy` that evicts, any limit. So at a failover up to as
/// many calls too many can pass as were admitted in the time that the replica was behind.
/// [`StrictRedisRateLimiter`](super::StrictRedisRateLimiter) admits none of them.
///
/// ```no_run
/// use std::num::NonZeroU32;
/// use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore};
///
/// let store = RedisStore::open("redis://127.0.0.1", RedisOptions::new())?;
/// let nodes = NonZeroU32::new(4).unwrap();
/// let limiter = RedisRateLimiter::new(store, OnLoss::LocalShare { nodes });
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug)]
pub struct RedisRateLimiter {
    batches: Batches,
    on_loss: OnLoss,
    local: MemoryRateLimiter,
    clock: Arc<dyn Clock>,
}

impl RedisRateLimiter {
    /// Makes a limiter over a store.
    pub fn new(store: RedisStore, on_loss: OnLoss) -> Self {
        Self::of(store, on_loss, None, Memory::Trusted)
    }

    /// Makes a limiter that takes its time from a clock instead of the server.
    ///
    /// For tests and simulations: the clocks of several nodes differ, and then the limit does
    /// not hold.
    pub fn with_clock(store: RedisStore, on_loss: OnLoss, clock: Arc<dyn Clock>) -> Self {
        Self::of(store, on_loss, Some(clock), Memory::Trusted)
    }

    pub(super) fn of(
        store: RedisStore,
        on_loss: OnLoss,
        clock: Option<Arc<dyn Clock>>,
        memory: Memory,
    ) -> Self {
        let ours = clock.clone().unwrap_or_else(|| Arc::new(SystemClock));
        let local = MemoryRateLimiter::new(ours.clone());
        Self { batches: Batches::over(store, clock, memory), on_loss, local, clock: ours }
    }

    async fn decide_without(
        &self,
        failure: Failure,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        if let Failure::Refused(_) | Failure::Elsewhere(_) | Failure::Evicts = &failure {
            tracing::warn!(tenant.id = %tenant, error = %failure, "redis cannot decide");
        }
        match self.on_loss {
            OnLoss::Closed => Err(failure.into_error("decide a rate limit")),
            OnLoss::Open => {
                let readings =
                    limits.iter().map(|limit| (limit, on_loss::unchecked(limit.policy(), call)));
                let decision = Decision::from_readings(readings, Source::Unchecked)?;
                let charged = matches!(
                    call.operation(),
                    Operation::Charge | Operation::UpTo | Operation::Force
                );
                let granted = if charged && decision.is_allowed() { call.cost().get() } else { 0 };
                Ok(decision.granting(granted))
            }
            OnLoss::LocalShare { nodes } => {
                let shares = on_loss::shares(limits, nodes);
                let decision = self.local.decide(tenant, &shares, call).await?;
                let granted = decision.granted();
                let readings = limits.iter().zip(decision.limits()).map(|(limit, share)| {
                    (limit, on_loss::reading_of_share(share.reading(), limit.policy(), call))
                });
                Decision::from_readings(readings, Source::LocalShare)
                    .map(|decision| decision.granting(granted))
            }
        }
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        call.validate(limits)?;
        let asked = Asked::new(tenant, limits, call, self.clock.now_micros())?;
        match self.batches.send(asked).await {
            Ok(answer) => {
                let readings = limits.iter().zip(answer.readings);
                Decision::from_readings(readings, Source::Exact)
                    .map(|decision| decision.granting(answer.granted))
            }
            Err(failure) => self.decide_without(failure, tenant, limits, call).await,
        }
    }
}
