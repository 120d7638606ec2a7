use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::{Call, ChargeId, Decision, Limit, Policy, RateLimiter};
use crate::{Error, TenantId};

/// A permit of [`Concurrency`](super::Concurrency) limits that is held until it is dropped.
///
/// A task renews it every third of its ttl, so a short ttl heals soon after a crash and still
/// serves long work. Dropping it gives it back, in a task; what a runtime that ends does not send
/// heals by itself.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use std::time::Duration;
/// use tenancy_core::limit::{Concurrency, Limit, LimitName, MemoryRateLimiter, Permit, RateLimiter};
/// use tenancy_core::{SystemClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// const EXPORTS: LimitName = LimitName::from_static("exports");
/// let limiter: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(Arc::new(SystemClock)));
/// let one = Concurrency::new(NonZeroU32::MIN, Duration::from_secs(30))?;
/// let limits: Arc<[Limit]> = Arc::new([Limit::new(EXPORTS, one)]);
/// let tenant = TenantId::generate();
///
/// let (_, permit) = Permit::take(&limiter, tenant, &limits, NonZeroU32::MIN).await?;
/// let (refused, none) = Permit::take(&limiter, tenant, &limits, NonZeroU32::MIN).await?;
/// assert!(!refused.is_allowed() && none.is_none());
///
/// permit.unwrap().release().await?;
/// let (_, permit) = Permit::take(&limiter, tenant, &limits, NonZeroU32::MIN).await?;
/// assert!(permit.is_some());
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
pub struct Permit {
    held: Arc<Held>,
    renewing: Option<AbortHandle>,
    is_released: bool,
}

struct Held {
    limiter: Arc<dyn RateLimiter>,
    tenant: TenantId,
    limits: Arc<[Limit]>,
    id: ChargeId,
    is_lost: AtomicBool,
}

impl Permit {
    /// Asks for a permit: all of these limits are charged, and the permit is there when the
    /// decision allows it.
    ///
    /// # Errors
    ///
    /// As [`RateLimiter::decide`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// A dropped call gives back what it may have taken. Limits that are no
    /// [`Concurrency`](super::Concurrency) may have been charged.
    pub async fn take(
        limiter: &Arc<dyn RateLimiter>,
        tenant: TenantId,
        limits: &Arc<[Limit]>,
        cost: NonZeroU32,
    ) -> Result<(Decision, Option<Self>), Error> {
        let held = Arc::new(Held {
            limiter: limiter.clone(),
            tenant,
            limits: limits.clone(),
            id: ChargeId::generate(),
            is_lost: AtomicBool::new(false),
        });
        // From here on a dropped call is a dropped permit.
        let mut permit = Self { held, renewing: None, is_released: false };
        let call = Call::charge(cost).with_id(permit.held.id);
        let decision = limiter.decide(tenant, limits, call).await?;
        if !decision.is_allowed() {
            permit.is_released = true;
            return Ok((decision, None));
        }
        if let Some(ttl) = permit.held.ttl() {
            permit.renewing = Some(tokio::spawn(permit.held.clone().renew(ttl)).abort_handle());
        }
        Ok((decision, Some(permit)))
    }

    /// Tells whether it ended while it was held, because it could not be renewed in time. Then
    /// another may hold it too: work that must not run twice stops.
    pub fn is_lost(&self) -> bool {
        self.held.is_lost.load(Ordering::Acquire)
    }

    /// Gives it back, and waits until it is.
    ///
    /// # Errors
    ///
    /// As [`RateLimiter::decide`]; it heals then.
    pub async fn release(mut self) -> Result<(), Error> {
        self.stop_renewing();
        self.held.release().await?;
        self.is_released = true;
        Ok(())
    }

    fn stop_renewing(&mut self) {
        if let Some(renewing) = self.renewing.take() {
            renewing.abort();
        }
    }
}

impl Held {
    /// The shortest time that a permit lives.
    fn ttl(&self) -> Option<Duration> {
        let ttls = self.limits.iter().filter_map(|limit| match limit.policy() {
            Policy::Concurrency(policy) => Some(policy.ttl()),
            _ => None,
        });
        ttls.min()
    }

    async fn renew(self: Arc<Self>, ttl: Duration) {
        let mut ends = Instant::now() + ttl;
        while Instant::now() < ends {
            sleep(ttl / 3).await;
            let asked = Instant::now();
            match self.ask(Call::renew(self.id)).await {
                Ok(decision) if decision.granted() > 0 => ends = asked + ttl,
                Ok(_) => break,
                // It may live still: asked again until it cannot.
                Err(error) => {
                    tracing::debug!(tenant.id = %self.tenant, error = %error, "a permit is not renewed");
                }
            }
        }
        self.is_lost.store(true, Ordering::Release);
        tracing::warn!(tenant.id = %self.tenant, "a permit ended while it was held");
    }

    async fn release(&self) -> Result<(), Error> {
        self.ask(Call::release(self.id)).await.map(drop)
    }

    async fn ask(&self, call: Call) -> Result<Decision, Error> {
        self.limiter.decide(self.tenant, &self.limits, call).await
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.stop_renewing();
        if self.is_released {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let held = self.held.clone();
            runtime.spawn(async move {
                if let Err(error) = held.release().await {
                    tracing::debug!(tenant.id = %held.tenant, error = %error, "a permit heals by itself");
                }
            });
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("id", &self.held.id)
            .field("is_lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}
