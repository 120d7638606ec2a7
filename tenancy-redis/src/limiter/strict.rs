use async_trait::async_trait;
use tenancy_core::limit::{Call, Decision, Limit, RateLimiter};
use tenancy_core::{Error, TenantId};

use super::{OnLoss, RedisRateLimiter};
use crate::RedisStore;

/// A limiter that rather refuses than forgets.
///
/// It decides over a Redis alone that evicts no key, and asks each new connection for it: with
/// any other `maxmemory-policy` than `noeviction` a full server drops limits, and who was limited
/// begins anew. While Redis is away it is [closed](OnLoss::Closed): an answer of this type comes
/// from the place that counts for everybody, or there is none.
///
/// A failover can still lose the last charges, those that were not replicated: as many as were
/// admitted in the time that the replica was behind.
#[derive(Debug)]
pub struct StrictRedisRateLimiter {
    store: RedisStore,
    limiter: RedisRateLimiter,
}

impl StrictRedisRateLimiter {
    /// Makes a limiter over a store, which it asks whether it evicts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) when it does, or does
    /// not say; [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when it does not
    /// answer.
    pub async fn open(store: RedisStore) -> Result<Self, Error> {
        store.keeps_all().await?;
        let limiter = RedisRateLimiter::new(store.clone(), OnLoss::Closed);
        Ok(Self { store, limiter })
    }
}

#[async_trait]
impl RateLimiter for StrictRedisRateLimiter {
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        self.store.keeps_all().await?;
        self.limiter.decide(tenant, limits, call).await
    }
}
