use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{CacheKey, CacheName, Lease};
use crate::{Error, TenantId};

/// Where a [`TenantCache`](super::TenantCache) keeps its values.
///
/// A store of your own keeps these rules; `tests/src/contract/cache.rs` checks them:
///
/// * A value is found under the key it was put under, and under no other: the tenant is part of
///   the key.
/// * A [lease](Lease) is good until the key is put, filled or removed, or its tenant is flushed,
///   by anybody; for that key only; and then never again. A store that has lost track refuses.
/// * A flush costs the same for one entry and for a million. What was there before it is never
///   seen again, also after the store was restarted, lost its memory or was put back from a copy.
/// * It answers, if only with an error, in a time that is bounded: the cache waits for it.
#[async_trait]
pub trait CacheStore<V>: Send + Sync + 'static {
    /// Returns the name of the cache that is kept here.
    fn name(&self) -> &CacheName;

    /// Returns a value that is there without waiting. A store that must wait has none.
    fn at_hand(&self, _key: &CacheKey) -> Option<Arc<V>> {
        None
    }

    /// Returns the value of a key, if there is one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn get(&self, key: &CacheKey) -> Result<Option<Arc<V>>, Error>;

    /// Begins to load a key, unless its value is there. The lease need not live longer than
    /// `within`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn begin(&self, key: &CacheKey, within: Duration) -> Result<Begun<V>, Error>;

    /// Keeps what was loaded for so long, if the lease is still good.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer:
    /// the value may be kept. Another kind when it does not take this value.
    async fn fill(
        &self,
        key: &CacheKey,
        lease: &Lease,
        value: &Arc<V>,
        lives: Duration,
    ) -> Result<Filled, Error>;

    /// Keeps a value for so long, whatever is there. Loads under way keep nothing.
    ///
    /// # Errors
    ///
    /// As for [`fill`](Self::fill). The value before may still be there.
    async fn put(&self, key: &CacheKey, value: &Arc<V>, lives: Duration) -> Result<(), Error>;

    /// Forgets a key. Loads under way keep nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer:
    /// the value may still be there. Ask again.
    async fn remove(&self, key: &CacheKey) -> Result<(), Error>;

    /// Forgets everything of a tenant, in constant time. Loads under way keep nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer:
    /// everything may still be there. Ask again.
    async fn flush_tenant(&self, tenant: TenantId) -> Result<(), Error>;
}

/// What came of beginning a load.
#[derive(Debug)]
pub enum Begun<V> {
    /// The value is there.
    Found(Arc<V>),
    /// It is not: whoever loads it may fill the key.
    Lease(Lease),
}

/// What came of filling a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// The value is kept.
    Kept,
    /// It is not: something happened to the key since the load began.
    Outdated,
}

#[async_trait]
impl<V: Send + Sync + 'static, S: CacheStore<V> + ?Sized> CacheStore<V> for Arc<S> {
    fn name(&self) -> &CacheName {
        (**self).name()
    }

    fn at_hand(&self, key: &CacheKey) -> Option<Arc<V>> {
        (**self).at_hand(key)
    }

    async fn get(&self, key: &CacheKey) -> Result<Option<Arc<V>>, Error> {
        (**self).get(key).await
    }

    async fn begin(&self, key: &CacheKey, within: Duration) -> Result<Begun<V>, Error> {
        (**self).begin(key, within).await
    }

    async fn fill(
        &self,
        key: &CacheKey,
        lease: &Lease,
        value: &Arc<V>,
        lives: Duration,
    ) -> Result<Filled, Error> {
        (**self).fill(key, lease, value, lives).await
    }

    async fn put(&self, key: &CacheKey, value: &Arc<V>, lives: Duration) -> Result<(), Error> {
        (**self).put(key, value, lives).await
    }

    async fn remove(&self, key: &CacheKey) -> Result<(), Error> {
        (**self).remove(key).await
    }

    async fn flush_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        (**self).flush_tenant(tenant).await
    }
}
