use std::num::NonZeroU32;

use super::{ChargeId, Limit, Policy};
use crate::Error;

/// What is asked of a limiter.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use tenancy_core::limit::{
///     Call, ChargeId, Limit, LimitName, MemoryRateLimiter, RateLimiter, TokenBucket,
/// };
/// use tenancy_core::{ManualClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let limiter = MemoryRateLimiter::new(Arc::new(ManualClock::at_unix(1_700_000_000)));
/// let limits = [Limit::new(LimitName::TENANT, TokenBucket::per_second(n(100), n(10))?)];
/// let tenant = TenantId::generate();
///
/// // An estimate first; what was not used is given back.
/// let id = ChargeId::generate();
/// let decision = limiter.decide(tenant, &limits, Call::charge(n(80)).with_id(id)).await?;
/// assert_eq!(decision.granted(), 80);
/// let decision = limiter.decide(tenant, &limits, Call::refund(id)).await?;
/// assert_eq!((decision.granted(), decision.binding().remaining()), (80, 100));
///
/// // As much as there is; and what was used anyway.
/// let decision = limiter.decide(tenant, &limits, Call::up_to(n(500))).await?;
/// assert_eq!(decision.granted(), 100);
/// let decision = limiter.decide(tenant, &limits, Call::forced(n(30))).await?;
/// assert!(decision.is_allowed());
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    operation: Operation,
    cost: NonZeroU32,
    id: Option<ChargeId>,
}

/// What a [`Call`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Charges the cost to all limits, when all admit it.
    Charge,
    /// Reads what a charge would be answered.
    Peek,
    /// Charges as much of the cost as all limits admit.
    UpTo,
    /// Charges the cost whatever the limits say.
    Force,
    /// Gives back what was charged under the id.
    Refund,
    /// Gives back the permit that is held under the id.
    Release,
    /// Lets the permit of the id live for another ttl.
    Renew,
    /// Forgets all that was charged.
    Reset,
}

impl Call {
    /// Charges a cost to all limits, when all admit it; else to none.
    pub const fn charge(cost: NonZeroU32) -> Self {
        Self::of(Operation::Charge, cost, None)
    }

    /// Reads what a charge of this cost would be answered, and charges nothing.
    pub const fn peek(cost: NonZeroU32) -> Self {
        Self::of(Operation::Peek, cost, None)
    }

    /// Charges as much of the cost as all limits admit; when that is nothing, it is refused.
    pub const fn up_to(cost: NonZeroU32) -> Self {
        Self::of(Operation::UpTo, cost, None)
    }

    /// Charges a cost whatever the limits say, for what was used already. It is always allowed,
    /// and leaves limits in debt: they refuse until it is paid off by time.
    ///
    /// A [`SlidingLog`](super::SlidingLog) does not offer it.
    pub const fn forced(cost: NonZeroU32) -> Self {
        Self::of(Operation::Force, cost, None)
    }

    /// Gives back what was charged under an id to the same limits, permits included.
    ///
    /// It counts once: a second refund finds nothing, and says so by
    /// [`granted`](super::Decision::granted) of zero. So does one whose limits are not those that
    /// were charged, or have changed, and one so late that nothing of the charge counts any more.
    ///
    /// A [`SlidingLog`](super::SlidingLog) does not offer it: hits of one moment are one entry.
    pub const fn refund(id: ChargeId) -> Self {
        Self::of(Operation::Refund, NonZeroU32::MIN, Some(id))
    }

    /// Gives back the permits of [`Concurrency`](super::Concurrency) limits, and nothing else.
    pub const fn release(id: ChargeId) -> Self {
        Self::of(Operation::Release, NonZeroU32::MIN, Some(id))
    }

    /// Lets the permits of [`Concurrency`](super::Concurrency) limits live for another ttl from
    /// now. [`granted`](super::Decision::granted) is zero when one of them had ended: who held
    /// it must stop.
    pub const fn renew(id: ChargeId) -> Self {
        Self::of(Operation::Renew, NonZeroU32::MIN, Some(id))
    }

    /// Forgets all that was charged to these limits.
    pub const fn reset() -> Self {
        Self::of(Operation::Reset, NonZeroU32::MIN, None)
    }

    /// Names the charge, so that it can be given back.
    pub const fn with_id(self, id: ChargeId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Takes another cost.
    pub(super) const fn at_cost(self, cost: NonZeroU32) -> Self {
        Self { cost, ..self }
    }

    /// Takes the name of another call.
    pub(super) const fn with(self, id: Option<ChargeId>) -> Self {
        Self { id, ..self }
    }

    const fn of(operation: Operation, cost: NonZeroU32, id: Option<ChargeId>) -> Self {
        Self { operation, cost, id }
    }

    /// Returns what it does.
    pub const fn operation(self) -> Operation {
        self.operation
    }

    /// Returns the cost; 1 where there is none.
    pub const fn cost(self) -> NonZeroU32 {
        self.cost
    }

    /// Returns the name of the charge.
    pub const fn id(self) -> Option<ChargeId> {
        self.id
    }

    /// Checks a call and its limits: the limits [fit together](Limit::validate), and each offers
    /// what is asked. Every [`RateLimiter`](super::RateLimiter) begins with it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when one of these does not hold.
    pub fn validate(self, limits: &[Limit]) -> Result<(), Error> {
        Limit::validate(limits)?;
        limits.iter().try_for_each(|limit| match (limit.policy(), self.operation) {
            (Policy::SlidingLog(_), Operation::Refund | Operation::Force) => {
                let message = "decide a rate limit: a sliding log takes no refund and no forced \
                               charge: take AtMost for this limit";
                Err(Error::invalid("limits", message))
            }
            (Policy::Concurrency(_), Operation::Charge | Operation::UpTo | Operation::Force)
                if self.id.is_none() =>
            {
                let message = "decide a rate limit: a permit is held under an id: \
                               name it by Call::with_id";
                Err(Error::invalid("call.id", message))
            }
            _ => Ok(()),
        })
    }
}
