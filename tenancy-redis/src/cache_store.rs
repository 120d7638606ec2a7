use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tenancy_core::cache::{Begun, CacheKey, CacheStore, Filled, Lease};
use tenancy_core::{CacheName, Error, ErrorKind, TenantId};

use crate::cache_entry::{self, Entry, LeaseEntry};
use crate::request::Request;
use crate::scripts::{CACHE_BEGIN, CACHE_FILL, CACHE_PUT};
use crate::{RedisStore, keys};

/// Keeps a cache that all nodes share: what one flushes, no other sees again.
///
/// Values are kept as JSON, up to [`value_at_most`](Self::value_at_most) bytes. What cannot be
/// read, because another version of the program wrote it, is loaded anew.
///
/// Each tenant has a generation in each cache, a random one, and an entry counts in its own alone.
/// A flush deletes the generation; the entries are out of reach from then on and die when their
/// time is up. The generation is read with the value, in one round trip. When it is lost, because
/// Redis evicted it or was restarted, all is flushed: nothing old comes back, also when Redis
/// starts from a copy that is older than the flush, or a replica that did not hear of it takes
/// over. That rests on `INFO server`; a login that may not ask for it is told nothing of restarts,
/// and Redis must then not keep copies.
///
/// Caches can live in a Redis that evicts, such as with `allkeys-lfu`, and should then have one of
/// their own: limits and usage need one that does not.
///
/// ```no_run
/// use tenancy_core::{CacheName, TenantCache, TenantCacheOptions};
/// use tenancy_redis::{RedisCacheStore, RedisOptions, RedisStore};
///
/// const MENUS: CacheName = CacheName::from_static("menus");
/// let redis = RedisStore::open("redis://127.0.0.1", RedisOptions::new())?;
/// let menus: TenantCache<Vec<String>> =
///     TenantCache::new(RedisCacheStore::new(redis, MENUS), TenantCacheOptions::new());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RedisCacheStore {
    store: RedisStore,
    name: CacheName,
    value_at_most: usize,
}

impl RedisCacheStore {
    /// Makes the store of a cache.
    pub fn new(store: RedisStore, name: CacheName) -> Self {
        Self { store, name, value_at_most: 1 << 20 }
    }

    /// Sets how many bytes of JSON a value may have; 1 MiB. A larger one is not kept: sending it
    /// could take longer than the [deadline](crate::RedisOptions::deadline).
    pub fn value_at_most(mut self, bytes: usize) -> Self {
        self.value_at_most = bytes;
        self
    }

    /// Begins a call of a script about a key.
    fn call(&self, script: &'static crate::scripts::Script, key: &CacheKey) -> Request {
        let mut request = Request::call(script, 2);
        request
            .arg(keys::cache_generation(key.tenant(), &self.name))
            .arg(keys::cache_entry(&self.name, key));
        request
    }

    async fn delete(&self, key: String, doing: &'static str) -> Result<(), Error> {
        let mut request = Request::command("UNLINK");
        request.key(key);
        let answer = self.store.send(&request).await;
        answer.map(drop).map_err(|failure| failure.into_error(doing))
    }

    async fn forget(&self, key: &CacheKey) -> Result<(), Error> {
        let key = keys::cache_entry(&self.name, key);
        self.delete(key, "remove a value from a cache").await
    }
}

#[async_trait]
impl<V> CacheStore<V> for RedisCacheStore
where
    V: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    fn name(&self) -> &CacheName {
        &self.name
    }

    async fn get(&self, key: &CacheKey) -> Result<Option<Arc<V>>, Error> {
        let request = |_: &str| {
            let mut request = Request::command("MGET");
            request
                .key(keys::cache_generation(key.tenant(), &self.name))
                .key(keys::cache_entry(&self.name, key));
            request
        };
        let answer = self.store.send_to_run(request).await;
        let found = answer.and_then(|(reply, run)| Ok((reply.values()?, run)));
        let (values, run) = found.map_err(|failure| failure.into_error("look into a cache"))?;
        let [Some(generation), Some(entry)] = values.as_slice() else { return Ok(None) };
        let value = cache_entry::current(generation, &run, entry);
        Ok(value.and_then(cache_entry::decode).map(Arc::new))
    }

    async fn begin(&self, key: &CacheKey, within: Duration) -> Result<Begun<V>, Error> {
        const DOING: &str = "begin to load a value for a cache";
        for _ in 0..2 {
            let random = cache_entry::random()?;
            let request = |run: &str| {
                let mut request = self.call(&CACHE_BEGIN, key);
                request.arg(run).arg(&random).arg(millis(within));
                request
            };
            let answer = self.store.send_to_run(request).await;
            let entry = answer.and_then(|(reply, _)| reply.bytes());
            match Entry::read(entry.map_err(|failure| failure.into_error(DOING))?) {
                Some(Entry::Lease(lease)) => return Ok(Begun::Lease(Lease::new(lease))),
                Some(Entry::Value(value)) => {
                    if let Some(value) = cache_entry::decode(&value) {
                        return Ok(Begun::Found(Arc::new(value)));
                    }
                }
                None => {}
            }
            // It cannot be read, and would stand in the way until its time is up.
            self.forget(key).await?;
        }
        Err(Error::new(ErrorKind::Unavailable, DOING))
    }

    async fn fill(
        &self,
        key: &CacheKey,
        lease: &Lease,
        value: &Arc<V>,
        lives: Duration,
    ) -> Result<Filled, Error> {
        let Some(lease) = lease.of::<LeaseEntry>() else {
            let message = "fill a key of a cache: the lease is of another store";
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let entry = lease.filled_with(&cache_entry::encode(&**value, self.value_at_most)?);
        let request = |run: &str| {
            let mut request = self.call(&CACHE_FILL, key);
            request.arg(run).arg(lease.as_bytes()).arg(&entry).arg(millis(lives));
            request
        };
        let answer = self.store.send_to_run(request).await;
        let kept = answer.and_then(|(reply, _)| reply.integer());
        match kept.map_err(|failure| failure.into_error("fill a key of a cache"))? {
            1 => Ok(Filled::Kept),
            _ => Ok(Filled::Outdated),
        }
    }

    async fn put(&self, key: &CacheKey, value: &Arc<V>, lives: Duration) -> Result<(), Error> {
        let value = cache_entry::encode(&**value, self.value_at_most)?;
        let random = cache_entry::random()?;
        let request = |run: &str| {
            let mut request = self.call(&CACHE_PUT, key);
            request.arg(run).arg(&random).arg(&value).arg(millis(lives));
            request
        };
        let answer = self.store.send_to_run(request).await;
        answer.map(drop).map_err(|failure| failure.into_error("put a value into a cache"))
    }

    async fn remove(&self, key: &CacheKey) -> Result<(), Error> {
        self.forget(key).await
    }

    async fn flush_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        let key = keys::cache_generation(tenant, &self.name);
        self.delete(key, "flush a tenant's part of a cache").await
    }
}

/// Redis takes no time of zero, and none beyond 2^63.
fn millis(time: Duration) -> u64 {
    const AGES: u64 = 10 * 365 * 24 * 3_600_000;
    u64::try_from(time.as_millis()).unwrap_or(AGES).clamp(1, AGES)
}
