use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Decision, Limit};
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
    /// Decides over all limits at once. Admitted, each of them is charged the cost; refused,
    /// none is.
    ///
    /// A cost above a limit is refused for good: that limit's status says
    /// [`is_impossible`](super::LimitStatus::is_impossible), and nothing says when to retry.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for limits that do not
    /// [fit together](Limit::validate), [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable)
    /// when nobody can decide.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been charged.
    async fn check(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
    ) -> Result<Decision, Error>;

    /// Reads what [`check`](Self::check) would answer at a cost of one, and charges nothing.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    async fn peek(&self, tenant: TenantId, limits: &[Limit]) -> Result<Decision, Error>;

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

#[async_trait]
impl<L: RateLimiter + ?Sized> RateLimiter for Arc<L> {
    async fn check(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
    ) -> Result<Decision, Error> {
        (**self).check(tenant, limits, cost).await
    }

    async fn peek(&self, tenant: TenantId, limits: &[Limit]) -> Result<Decision, Error> {
        (**self).peek(tenant, limits).await
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
