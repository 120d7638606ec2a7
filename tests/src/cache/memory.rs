//! The store of one process: how long, how much, and for whom.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::cache::{CacheKey, CacheStore};
use tenancy_core::{Clock, ManualClock, MemoryCacheStore, TenantCache, TenantCacheOptions};

use super::world::{Source, cache, found, loaded};
use crate::contract::cache::{CacheBench, LONG, MENUS, cache_contract};
use crate::harness::two_tenants;

cache_contract!({
    let store = Arc::new(MemoryCacheStore::new(MENUS, 10_000));
    CacheBench::new(store.clone(), store)
});

#[tokio::test]
async fn a_value_counts_until_its_time_is_up() {
    let (cache, clock) = cache();
    let (harbor, riverside) = two_tenants();
    let source = Source::new("chowder");
    for tenant in [harbor, riverside] {
        loaded(&cache, tenant, &source).await;
    }
    cache.put(harbor, "prices", "9.50".to_owned()).await.unwrap();
    // The time is 300 s, a tenth more or less by chance.
    clock.advance(Duration::from_secs(269));
    for tenant in [harbor, riverside] {
        assert_eq!(found(&cache, tenant, "menu").await.as_deref(), Some("chowder"));
    }
    assert_eq!(found(&cache, harbor, "prices").await.as_deref(), Some("9.50"));
    clock.advance(Duration::from_secs(62));
    assert_eq!(found(&cache, harbor, "menu").await, None);
    assert_eq!(found(&cache, harbor, "prices").await, None);
    assert_eq!(loaded(&cache, riverside, &source).await, "chowder");
    assert_eq!(source.loads(), 3);
}

#[tokio::test]
async fn what_was_loaded_together_does_not_end_together() {
    let (cache, clock) = cache();
    let (harbor, riverside) = two_tenants();
    let tenants = [harbor, riverside];
    for key in 0..100 {
        cache.put(tenants[key % 2], key.to_string(), String::new()).await.unwrap();
    }
    clock.advance(Duration::from_mins(5));
    let mut left = 0;
    for key in 0..100 {
        left += usize::from(found(&cache, tenants[key % 2], &key.to_string()).await.is_some());
    }
    assert!((10..=90).contains(&left), "{left} of 100 are left after the middle time");
}

#[tokio::test]
async fn a_clock_that_is_set_back_lengthens_no_life() {
    let (cache, clock) = cache();
    let (harbor, riverside) = two_tenants();
    let now = clock.now();
    for tenant in [harbor, riverside] {
        cache.put(tenant, "menu", "old".to_owned()).await.unwrap();
    }
    clock.set(now - Duration::from_hours(24));
    assert_eq!(found(&cache, harbor, "menu").await, None);
    cache.put(harbor, "menu", "new".to_owned()).await.unwrap();
    assert_eq!(found(&cache, harbor, "menu").await.as_deref(), Some("new"));
    assert_eq!(found(&cache, riverside, "menu").await, None);
}

/// "There is none" counts for a shorter time, and some things not at all.
#[tokio::test]
async fn values_say_themselves_how_long_they_count() {
    let clock = Arc::new(ManualClock::at_unix(1_800_000_000));
    let store = MemoryCacheStore::new(MENUS, 1_000).with_clock(clock.clone());
    let options = TenantCacheOptions::new();
    let cache = TenantCache::fresh_for_each(store, options, |value: &Option<u32>| match value {
        Some(0) => Duration::ZERO,
        Some(_) => Duration::from_mins(5),
        None => Duration::from_secs(5),
    });
    let (harbor, riverside) = two_tenants();
    let load = |value| move || std::future::ready(Ok(value));
    for (tenant, value) in [(harbor, None), (riverside, Some(7))] {
        assert_eq!(*cache.get_or_load(tenant, "stock", load(value)).await.unwrap(), value);
        assert_eq!(cache.get(tenant, "stock").await.unwrap().as_deref(), Some(&value));
    }
    clock.advance(Duration::from_secs(6));
    assert!(cache.get(harbor, "stock").await.unwrap().is_none());
    assert!(cache.get(riverside, "stock").await.unwrap().is_some());

    assert_eq!(*cache.get_or_load(harbor, "stock", load(Some(0))).await.unwrap(), Some(0));
    assert!(cache.get(harbor, "stock").await.unwrap().is_none());
    cache.put(riverside, "stock", Some(0)).await.unwrap();
    assert!(cache.get(riverside, "stock").await.unwrap().is_none(), "nor is the value before");
}

#[tokio::test]
async fn a_hit_shares_the_value() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    let value = Arc::new("chowder".to_owned());
    for tenant in [harbor, riverside] {
        cache.put(tenant, "menu", value.clone()).await.unwrap();
        let hit = cache.get(tenant, "menu").await.unwrap().unwrap();
        assert!(Arc::ptr_eq(&hit, &value));
    }
}

async fn put(store: &MemoryCacheStore<String>, key: &CacheKey, value: &str) {
    store.put(key, &Arc::new(value.to_owned()), LONG).await.unwrap();
}

/// The bound holds for all; what is asked for often stays when somebody runs through many keys.
#[tokio::test]
async fn a_tenant_that_runs_through_many_keys_pushes_little_out() {
    let store = MemoryCacheStore::new(MENUS, 1_000);
    let (harbor, riverside) = two_tenants();
    let often = |at: usize| CacheKey::new(riverside, at.to_string());
    for at in 0..200 {
        put(&store, &often(at), "often").await;
    }
    for _ in 0..5 {
        for at in 0..200 {
            assert!(store.get(&often(at)).await.unwrap().is_some());
        }
    }
    for at in 0..20_000_usize {
        put(&store, &CacheKey::new(harbor, at.to_string()), "once").await;
    }
    let mut left = 0;
    for at in 0..200 {
        left += usize::from(store.get(&often(at)).await.unwrap().is_some());
    }
    assert!(left >= 180, "{left} of 200 are left");
    assert!(store.holds() <= 1_000, "{}", store.holds());
}

#[tokio::test]
async fn the_bound_may_be_a_weight() {
    let store =
        MemoryCacheStore::weighed(MENUS, 10_000, |value: &String| value.len().try_into().unwrap());
    let (harbor, riverside) = two_tenants();
    let heavy = "x".repeat(1_000);
    for at in 0..100_usize {
        let tenant = [harbor, riverside][at % 2];
        put(&store, &CacheKey::new(tenant, at.to_string()), &heavy).await;
    }
    assert!((1..=10).contains(&store.holds()), "{} of 1,000 bytes each", store.holds());
    let key = CacheKey::new(harbor, "too heavy");
    put(&store, &key, &"x".repeat(10_001)).await;
    assert!(store.holds() <= 10);
    assert!(store.get(&key).await.unwrap().is_none());
}
