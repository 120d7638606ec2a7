use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::flights::Flights;
use super::outcome::{Outcome, Outcomes};
use super::{CacheKey, CacheStore, TenantCacheOptions};
use crate::{Error, ErrorKind, TenantContext, TenantId};

/// An application's own data, cached per tenant.
///
/// * Every call names the tenant. Inside a [`TenantContext`] no other tenant's values can be
///   read, put or removed; [`TenantContext::scope`] enters another one.
/// * A key is loaded once at a time, however many callers of this process wait for it; one that
///   gives up stops neither the others nor the load. An error reaches all who wait, and is not
///   kept.
/// * [`flush_tenant`](Self::flush_tenant) forgets all of one tenant at once, however much it is,
///   and nothing of the others.
/// * A load that was under way while its key was removed or its tenant flushed does not bring the
///   old value back: it is done again.
/// * A cache that is away makes nothing fail but what must reach it: values are loaded without it,
///   and a flush that could not be delivered is an error.
///
/// The loads of a tenant take turns among themselves first, so that slow ones hold up nobody
/// else. How much is kept is the store's to say, see [`MemoryCacheStore`](super::MemoryCacheStore).
///
/// What is loaded is given to everybody who asks for that tenant and key: a value that depends on
/// who asks needs a key that says so.
///
/// The metric `tenancy_cache_requests_total` counts by `cache`, the store's name, and `outcome`:
/// `hit`, `miss`, `away` when the store could not be asked, `failed`.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{CacheName, MemoryCacheStore, TenantCache, TenantCacheOptions, TenantId};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// const MENUS: CacheName = CacheName::from_static("menus");
/// let menus = TenantCache::new(MemoryCacheStore::new(MENUS, 10_000), TenantCacheOptions::new());
///
/// let (harbor, riverside) = (TenantId::generate(), TenantId::generate());
/// let load = || async { Ok(vec!["chowder".to_owned()]) };
/// let menu: Arc<Vec<String>> = menus.get_or_load(harbor, "today", load).await?;
/// assert_eq!(*menu, ["chowder"]);
/// assert!(menus.get(riverside, "today").await?.is_none());
///
/// menus.flush_tenant(harbor).await?;
/// assert!(menus.get(harbor, "today").await?.is_none());
/// # Ok(()) }
/// ```
pub struct TenantCache<V>(pub(super) Arc<Inner<V>>);

pub(super) struct Inner<V> {
    pub(super) store: Box<dyn CacheStore<V>>,
    pub(super) flights: Arc<Flights<V>>,
    pub(super) turns: Semaphore,
    pub(super) options: TenantCacheOptions,
    fresh_for: FreshFor<V>,
    outcomes: Outcomes,
    random: RandomState,
    draws: AtomicU64,
}

enum FreshFor<V> {
    All(Duration),
    Each(Box<dyn Fn(&V) -> Duration + Send + Sync>),
}

impl<V: Send + Sync + 'static> TenantCache<V> {
    /// Makes a cache over a store.
    pub fn new(store: impl CacheStore<V>, options: TenantCacheOptions) -> Self {
        let fresh_for = FreshFor::All(options.fresh_for);
        Self::with(store, options, fresh_for)
    }

    /// Makes a cache whose values say themselves how long they count, a tenth more or less by
    /// chance; one that says zero is not kept.
    ///
    /// So "there is none" can be remembered for a shorter time:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tenancy_core::{CacheName, MemoryCacheStore, TenantCache, TenantCacheOptions};
    ///
    /// # struct Menu;
    /// let store = MemoryCacheStore::new(CacheName::from_static("menus"), 10_000);
    /// let menus = TenantCache::fresh_for_each(store, TenantCacheOptions::new(), |menu| match menu {
    ///     Some(Menu { .. }) => Duration::from_secs(300),
    ///     None => Duration::from_secs(5),
    /// });
    /// ```
    pub fn fresh_for_each(
        store: impl CacheStore<V>,
        options: TenantCacheOptions,
        fresh_for: impl Fn(&V) -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self::with(store, options, FreshFor::Each(Box::new(fresh_for)))
    }

    fn with(
        store: impl CacheStore<V>,
        options: TenantCacheOptions,
        fresh_for: FreshFor<V>,
    ) -> Self {
        Self(Arc::new(Inner {
            outcomes: Outcomes::new(store.name()),
            store: Box::new(store),
            flights: Arc::new(Flights::new(options.loads_at_once_per_tenant)),
            turns: Semaphore::new(options.loads_at_once),
            options,
            fresh_for,
            random: RandomState::new(),
            draws: AtomicU64::new(0),
        }))
    }

    /// Returns a tenant's value of a key, if there is one. A cache that is away has none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignTenant`] in another tenant's context.
    pub async fn get(
        &self,
        tenant: TenantId,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<Arc<V>>, Error> {
        refuse_others(tenant)?;
        let (found, outcome) = self.0.look(&CacheKey::new(tenant, key)).await;
        self.0.outcomes.count(outcome);
        Ok(found)
    }

    /// Returns a tenant's value of a key, and loads it if there is none.
    ///
    /// The load runs in a task of its own, in the context of the caller who was the first to ask.
    /// It is called again, up to three times in all, when the key was removed, put or flushed while
    /// it ran; after that, its value is returned and not kept.
    ///
    /// # Errors
    ///
    /// Those of the load, with their class, words and causes; they are not kept.
    /// [`ErrorKind::Unavailable`] when it takes longer than
    /// [`load_within`](TenantCacheOptions::load_within); [`ErrorKind::Overloaded`] when too many
    /// wait for their turn; [`ErrorKind::Internal`] when it panics; [`ErrorKind::ForeignTenant`] in
    /// another tenant's context.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, when there is something to load.
    ///
    /// # Cancel safety
    ///
    /// A dropped call stops no load: what was begun is finished and kept.
    pub async fn get_or_load<F, Fut>(
        &self,
        tenant: TenantId,
        key: impl AsRef<[u8]>,
        load: F,
    ) -> Result<Arc<V>, Error>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Result<V, Error>> + Send + 'static,
    {
        refuse_others(tenant)?;
        let key = CacheKey::new(tenant, key);
        let (found, _) = self.0.look(&key).await;
        if let Some(value) = found {
            self.0.outcomes.count(Outcome::Hit);
            return Ok(value);
        }
        match self.0.load(&key, load).await {
            Ok((value, outcome)) => {
                self.0.outcomes.count(outcome);
                Ok(value)
            }
            Err(failure) => {
                self.0.outcomes.count(Outcome::Failed);
                Err(failure.to_error())
            }
        }
    }

    /// Keeps a value, whatever is there. Loads under way do not replace it.
    ///
    /// A value that two callers compute and put may be the older one's: prefer
    /// [`remove`](Self::remove) after a change, and [`get_or_load`](Self::get_or_load).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the cache is away: what was there before may still be, and
    /// what was not answered in time may still come to be.
    /// [`ErrorKind::Invalid`] when the store does not take such a value.
    /// [`ErrorKind::ForeignTenant`] in another tenant's context.
    pub async fn put(
        &self,
        tenant: TenantId,
        key: impl AsRef<[u8]>,
        value: impl Into<Arc<V>>,
    ) -> Result<(), Error> {
        refuse_others(tenant)?;
        let (key, value) = (CacheKey::new(tenant, key), value.into());
        self.0.flights.close(&key);
        let lives = self.0.lives(&value);
        if lives.is_zero() {
            return self.0.store.remove(&key).await;
        }
        self.0.store.put(&key, &value, lives).await
    }

    /// Forgets a key of a tenant: the way to say that something changed.
    ///
    /// Call it *after* the change is committed. Loads that began before it keep nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the cache is away: the value may still be there. Ask again,
    /// or it counts until its time is up. [`ErrorKind::ForeignTenant`] in another tenant's context.
    pub async fn remove(&self, tenant: TenantId, key: impl AsRef<[u8]>) -> Result<(), Error> {
        refuse_others(tenant)?;
        let key = CacheKey::new(tenant, key);
        self.0.flights.close(&key);
        self.0.store.remove(&key).await
    }

    /// Forgets everything of a tenant in this cache, in constant time.
    ///
    /// Nothing is searched and nothing of other tenants is touched. What was kept is out of reach
    /// at once; its room is free when its time is up or others need it. Call it *after* the change
    /// that it is for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the cache is away: everything may still be there. Ask again.
    /// [`ErrorKind::ForeignTenant`] in another tenant's context.
    pub async fn flush_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        refuse_others(tenant)?;
        self.0.flights.close_all(tenant);
        self.0.store.flush_tenant(tenant).await
    }
}

impl<V: Send + Sync + 'static> Inner<V> {
    /// Looks a key up; a store that is away has nothing.
    async fn look(&self, key: &CacheKey) -> (Option<Arc<V>>, Outcome) {
        if let Some(value) = self.store.at_hand(key) {
            return (Some(value), Outcome::Hit);
        }
        match self.store.get(key).await {
            Ok(Some(value)) => (Some(value), Outcome::Hit),
            Ok(None) => (None, Outcome::Miss),
            Err(error) => {
                self.say(&error, "a cache cannot be asked");
                (None, Outcome::Away)
            }
        }
    }

    /// Returns how long a value counts: between nine and eleven tenths of what was asked for.
    pub(super) fn lives(&self, value: &V) -> Duration {
        const AT_MOST: Duration = Duration::from_hours(10 * 365 * 24);
        let lives = match &self.fresh_for {
            FreshFor::All(time) => *time,
            FreshFor::Each(time) => time(value),
        };
        let lives = lives.min(AT_MOST);
        let draw = self.draws.fetch_add(1, Ordering::Relaxed);
        let random = u32::try_from(self.random.hash_one(draw) % 2_049).unwrap_or(0);
        lives * 9 / 10 + lives / 10 * random / 1_024
    }
}

/// Code that runs for one tenant does not reach another one's values by a wrong id.
fn refuse_others(tenant: TenantId) -> Result<(), Error> {
    if TenantContext::is_of_another(tenant) {
        let message = "use a cache: this task runs for another tenant";
        return Err(Error::new(ErrorKind::ForeignTenant, message));
    }
    Ok(())
}

impl<V> Clone for TenantCache<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V: 'static> fmt::Debug for TenantCache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantCache").field("name", self.0.store.name()).finish_non_exhaustive()
    }
}
