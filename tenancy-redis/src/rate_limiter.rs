use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenancy_core::limit::step::{Reading, Refusal};
use tenancy_core::limit::{
    Call, Decision, Limit, MemoryRateLimiter, Operation, Policy, RateLimiter, Source,
};
use tenancy_core::{Clock, Error, ErrorKind, SystemClock, TenantId};

use crate::failure::{Cause, Failure};
use crate::scripts::SLIDING_LOG;
use crate::transport::Request;
use crate::{OnLoss, RedisStore, keys, on_loss};

/// A limiter that all nodes share: exact for all of them together.
///
/// All limits of a decision are decided in one script, in one round trip, by the clock of the
/// server. Without an answer within the [deadline](crate::RedisOptions::deadline), [`OnLoss`]
/// says who decides, and the decision's [`source`](Decision::source) says so. An answer that
/// comes late may have charged; it never admits.
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
    store: RedisStore,
    on_loss: OnLoss,
    local: MemoryRateLimiter,
    clock: Option<Arc<dyn Clock>>,
}

#[derive(Clone, Copy)]
enum Mode {
    Charge,
    Read,
}

/// How much longer than its window a log lives.
const GRACE: Duration = Duration::from_secs(1);
/// The same when a test's clock stands still while the server's runs.
const GRACE_OF_A_SIMULATION: Duration = Duration::from_mins(10);
/// What the script can store of a time: 52 bits of microseconds, enough until the year 2112.
const LAST_MICROS: i64 = (1 << 52) - 1;

impl RedisRateLimiter {
    /// Makes a limiter over a store.
    pub fn new(store: RedisStore, on_loss: OnLoss) -> Self {
        let local = MemoryRateLimiter::new(Arc::new(SystemClock));
        Self { store, on_loss, local, clock: None }
    }

    /// Makes a limiter that takes its time from a clock instead of the server.
    ///
    /// For tests and simulations: the clocks of several nodes differ, and then the limit does
    /// not hold.
    pub fn with_clock(store: RedisStore, on_loss: OnLoss, clock: Arc<dyn Clock>) -> Self {
        let local = MemoryRateLimiter::new(clock.clone());
        Self { store, on_loss, local, clock: Some(clock) }
    }

    async fn decide_in(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
        mode: Mode,
    ) -> Result<Decision, Error> {
        let request = self.request(tenant, limits, cost, mode)?;
        let answer = self.store.send(&request).await;
        let readings = answer.and_then(|reply| readings(&reply.integers()?, limits.len()));
        match readings {
            Ok(readings) => Decision::from_readings(limits.iter().zip(readings), Source::Exact)
                .map(|decision| granting(decision, cost, mode)),
            Err(failure) => self.decide_without(failure, tenant, limits, cost, mode).await,
        }
    }

    fn request(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
        mode: Mode,
    ) -> Result<Request, Error> {
        let mut request = Request::call(&SLIDING_LOG, limits.len());
        for limit in limits {
            request.arg(keys::limit(tenant, limit.key()));
        }
        let grace = if let Some(clock) = &self.clock {
            request.arg(clock.now_micros().clamp(0, LAST_MICROS));
            GRACE_OF_A_SIMULATION
        } else {
            request.arg("");
            GRACE
        };
        request.arg(cost.get()).arg(match mode {
            Mode::Charge => "1",
            Mode::Read => "0",
        });
        for limit in limits {
            let Policy::SlidingLog(policy) = limit.policy() else {
                let message = "decide a rate limit: this shape is not known to redis";
                return Err(Error::new(ErrorKind::Misconfigured, message));
            };
            request
                .arg(policy.n().get())
                .arg(micros(policy.per()))
                .arg(millis(policy.per() + grace));
        }
        Ok(request)
    }

    async fn decide_without(
        &self,
        failure: Failure,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
        mode: Mode,
    ) -> Result<Decision, Error> {
        if let Failure::Refused(_) = &failure {
            tracing::warn!(tenant.id = %tenant, error = %failure, "redis cannot decide");
        }
        match self.on_loss {
            OnLoss::Closed => Err(failure.into_error("decide a rate limit")),
            OnLoss::Open => Decision::from_readings(
                limits.iter().map(|limit| (limit, on_loss::unchecked(limit.policy(), cost))),
                Source::Unchecked,
            ),
            OnLoss::LocalShare { nodes } => {
                let shares = on_loss::shares(limits, nodes);
                let decision = match mode {
                    Mode::Charge => self.local.check(tenant, &shares, cost).await?,
                    Mode::Read => self.local.peek(tenant, &shares).await?,
                };
                let readings = limits.iter().zip(decision.limits()).map(|(limit, share)| {
                    (limit, on_loss::reading_of_share(share.reading(), limit.policy(), cost))
                });
                Decision::from_readings(readings, Source::LocalShare)
                    .map(|decision| granting(decision, cost, mode))
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
        let mode = match call.operation() {
            Operation::Charge => Mode::Charge,
            Operation::Peek => Mode::Read,
            _ => {
                let message = "decide a rate limit: this call is not known to redis";
                return Err(Error::new(ErrorKind::Misconfigured, message));
            }
        };
        self.decide_in(tenant, limits, call.cost(), mode).await
    }
}

fn granting(decision: Decision, cost: NonZeroU32, mode: Mode) -> Decision {
    let charged = matches!(mode, Mode::Charge) && decision.is_allowed();
    decision.granting(if charged { cost.get() } else { 0 })
}

/// Reads the script's reply: four integers for each limit.
fn readings(integers: &[i64], limits: usize) -> Result<Vec<Reading>, Failure> {
    let unexpected = || Failure::Refused(Cause::new("an answer of another length"));
    if integers.len() != limits * 4 {
        return Err(unexpected());
    }
    integers.chunks_exact(4).map(|four| reading(four).ok_or_else(unexpected)).collect()
}

fn reading(four: &[i64]) -> Option<Reading> {
    let &[remaining, more_after, reset_after, wait] = four else {
        return None;
    };
    let duration = |micros| u64::try_from(micros).ok().map(Duration::from_micros);
    Some(Reading {
        remaining: u32::try_from(remaining).ok()?,
        more_after: duration(more_after)?,
        reset_after: duration(reset_after)?,
        refusal: match wait {
            -1 => None,
            -2 => Some(Refusal::Never),
            wait => Some(Refusal::Wait(duration(wait)?)),
        },
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
