use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::TenantCache;
use crate::{Error, TenantContext, TenantId};

/// How far a warm-up has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warmed {
    warm: u64,
    failed: u64,
}

impl Warmed {
    /// Returns how many values are there: loaded, or there before.
    pub const fn warm(self) -> u64 {
        self.warm
    }

    /// Returns how many could not be loaded.
    pub const fn failed(self) -> u64 {
        self.failed
    }

    /// Returns how many keys were seen to.
    pub const fn done(self) -> u64 {
        self.warm + self.failed
    }
}

impl<V: Send + Sync + 'static> TenantCache<V> {
    /// Loads many keys before anybody asks, so many at once; those that are there are not loaded.
    ///
    /// `progress` is called after each key. A load that fails is counted and stops nothing. Keys
    /// are taken from the iterator as there is room for them: it may be long. A tenant's own keys
    /// do not load faster than
    /// [its turns](super::TenantCacheOptions::loads_at_once_per_tenant) allow.
    ///
    /// ```
    /// # use tenancy_core::{CacheName, MemoryCacheStore, TenantCache, TenantCacheOptions, TenantId};
    /// use std::num::NonZeroUsize;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let store = MemoryCacheStore::new(CacheName::from_static("menus"), 10_000);
    /// # let menus = TenantCache::new(store, TenantCacheOptions::new());
    /// let keys = (0..100).map(|_| (TenantId::generate(), "today"));
    /// let load = |_tenant, day: &'static str| async move { Ok(format!("the menu of {day}")) };
    /// let four = NonZeroUsize::new(4).unwrap();
    /// let warmed = menus.warm(keys, four, load, |so_far| println!("{} done", so_far.done())).await;
    /// assert_eq!(warmed.warm(), 100);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// A dropped call begins no more loads; those under way are finished and kept.
    pub async fn warm<K, F, Fut>(
        &self,
        keys: impl IntoIterator<Item = (TenantId, K)>,
        at_once: NonZeroUsize,
        load: F,
        mut progress: impl FnMut(Warmed),
    ) -> Warmed
    where
        K: AsRef<[u8]> + Clone + Send + Sync + 'static,
        F: Fn(TenantId, K) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<V, Error>> + Send + 'static,
    {
        let load = Arc::new(load);
        let mut keys = keys.into_iter();
        let mut tasks = JoinSet::new();
        let mut warmed = Warmed::default();
        loop {
            while tasks.len() < at_once.get()
                && let Some((tenant, key)) = keys.next()
            {
                let (cache, load) = (self.clone(), load.clone());
                let one = async move {
                    let subject = key.clone();
                    cache.get_or_load(tenant, subject, move || load(tenant, key.clone())).await
                };
                // With the context: it must not reach another tenant's values this way.
                match TenantContext::try_current() {
                    Some(context) => tasks.spawn(context.scope(one)),
                    None => tasks.spawn(one),
                };
            }
            match tasks.join_next().await {
                Some(Ok(Ok(_))) => warmed.warm += 1,
                Some(_) => warmed.failed += 1,
                None => return warmed,
            }
            progress(warmed);
        }
    }
}
