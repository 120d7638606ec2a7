use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Call, Decision, Limit};
use crate::{Error, TenantId};

/// Decides how fast a tenant may go.
///
/// "Limited" is an answer, never an error; an error is never "admitted".
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog};
/// use tenancy_core::{SystemClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let limiter: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(Arc::new(SystemClock)));
/// let limit = Limit::new(LimitName::TENANT, SlidingLog::per_hour(NonZeroU32::MIN));
/// let (harbor, riverside) = (TenantId::generate(), TenantId::generate());
///
/// let limits = [limit];
/// assert!(limiter.check(harbor, &limits, NonZeroU32::MIN).await?.is_allowed());
/// assert!(!limiter.check(harbor, &limits, NonZeroU32::MIN).await?.is_allowed());
/// assert!(limiter.check(riverside, &limits, NonZeroU32::MIN).await?.is_allowed());
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait RateLimiter: Send + Sync + 'static {
    /// Decides a call over all limits at once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a call that does not
    /// [fit its limits](Call::validate), [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable)
    /// when nobody can decide.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been charged.
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error>;

    /// Decides a [charge](Call::charge). Admitted, each limit is charged the cost; refused, none
    /// is.
    ///
    /// A cost above a limit is refused for good: that limit's status says
    /// [`is_impossible`](super::LimitStatus::is_impossible), and nothing says when to retry.
    ///
    /// # Errors
    ///
    /// As [`decide`](Self::decide).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been charged.
    fn check<'a>(
        &'a self,
        tenant: TenantId,
        limits: &'a [Limit],
        cost: NonZeroU32,
    ) -> Deciding<'a> {
        self.decide(tenant, limits, Call::charge(cost))
    }

    /// Reads what [`check`](Self::check) would answer at a cost of one, and charges nothing.
    ///
    /// # Errors
    ///
    /// As [`decide`](Self::decide).
    fn peek<'a>(&'a self, tenant: TenantId, limits: &'a [Limit]) -> Deciding<'a> {
        self.decide(tenant, limits, Call::peek(NonZeroU32::MIN))
    }

    /// Decides as [`check`](Self::check) does, where this process can decide without waiting.
    ///
    /// `None`: it cannot, and nothing was charged; ask [`check`](Self::check). A limiter that
    /// always asks a server answers `None`, as the default does.
    fn try_local(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
    ) -> Option<Result<Decision, Error>> {
        let _ = (tenant, limits, cost);
        None
    }
}

/// A decision on its way.
pub type Deciding<'a> = Pin<Box<dyn Future<Output = Result<Decision, Error>> + Send + 'a>>;

#[async_trait]
impl<L: RateLimiter + ?Sized> RateLimiter for Arc<L> {
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        (**self).decide(tenant, limits, call).await
    }

    fn try_local(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
    ) -> Option<Result<Decision, Error>> {
        (**self).try_local(tenant, limits, cost)
    }
}
