//! One load for all who wait, and what becomes of it when something happens meanwhile.

use std::time::Duration;

use tenancy_core::{TenantCacheOptions, TenantId};
use tokio::time::timeout;

use super::world::{Cache, Mood, Source, cache, cache_with, found, loaded};
use crate::harness::two_tenants;

#[tokio::test]
async fn a_hundred_callers_load_once_and_one_that_gives_up_stops_nobody() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    let (source, other) = (Source::new("chowder"), Source::new("trout"));
    source.mood(Mood::Holds);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let (cache, source) = (cache.clone(), source.clone());
            tokio::spawn(async move { loaded(&cache, harbor, &source).await })
        })
        .collect();
    source.holding(1).await;
    // The first of them began the load. The other tenant does not wait for it.
    callers[0].abort();
    assert_eq!(loaded(&cache, riverside, &other).await, "trout");
    source.release();
    let mut served = 0;
    for caller in callers {
        served += usize::from(caller.await.is_ok_and(|value| value == "chowder"));
    }
    assert!(served >= 99, "{served}");
    assert_eq!((source.loads(), other.loads()), (1, 1));
}

#[tokio::test]
async fn a_load_that_nobody_waits_for_any_more_is_finished_and_kept() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    let source = Source::new("chowder");
    source.mood(Mood::Holds);
    for tenant in [harbor, riverside] {
        let waiting = loaded(&cache, tenant, &source);
        timeout(Duration::from_millis(1), waiting).await.unwrap_err();
    }
    source.holding(2).await;
    source.release();
    source.release();
    for tenant in [harbor, riverside] {
        // It waits for the load that is under way, or finds what it kept.
        assert_eq!(loaded(&cache, tenant, &source).await, "chowder");
    }
    assert_eq!(source.loads(), 2);
}

/// What happens to a key while it is loaded.
#[derive(Debug, Clone, Copy)]
enum Event {
    Flush,
    Remove,
}

async fn happens(cache: &Cache, event: Event, tenant: TenantId) {
    match event {
        Event::Flush => cache.flush_tenant(tenant).await.unwrap(),
        Event::Remove => cache.remove(tenant, "menu").await.unwrap(),
    }
}

#[tokio::test]
async fn a_load_under_way_does_not_bring_the_old_value_back() {
    for event in [Event::Flush, Event::Remove] {
        let (cache, _) = cache();
        let (harbor, riverside) = two_tenants();
        let source = Source::new("old");
        source.mood(Mood::Holds);
        let [first, other] = [harbor, riverside].map(|tenant| {
            let (cache, source) = (cache.clone(), source.clone());
            tokio::spawn(async move { loaded(&cache, tenant, &source).await })
        });
        // Both have read the old value; then it changes, for one of them.
        source.holding(2).await;
        source.change("new");
        happens(&cache, event, harbor).await;
        source.mood(Mood::Answers);
        // Who comes now does not wait for the load that was under way.
        let new = timeout(Duration::from_secs(10), loaded(&cache, harbor, &source)).await;
        assert_eq!(new.unwrap(), "new", "{event:?}");
        source.release();
        source.release();
        assert_eq!(first.await.unwrap(), "new", "{event:?}: it was done again");
        assert_eq!(other.await.unwrap(), "old", "nothing happened to this one");
        assert_eq!(found(&cache, harbor, "menu").await.as_deref(), Some("new"));
        assert_eq!(found(&cache, riverside, "menu").await.as_deref(), Some("old"));
    }
}

#[tokio::test]
async fn what_was_put_during_a_load_stays() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    let source = Source::new("loaded");
    source.mood(Mood::Holds);
    let loading = tokio::spawn({
        let (cache, source) = (cache.clone(), source.clone());
        async move { loaded(&cache, harbor, &source).await }
    });
    source.holding(1).await;
    cache.put(harbor, "menu", "put".to_owned()).await.unwrap();
    cache.put(riverside, "menu", "other".to_owned()).await.unwrap();
    source.release();
    assert_eq!(loading.await.unwrap(), "put");
    assert_eq!(found(&cache, harbor, "menu").await.as_deref(), Some("put"));
    assert_eq!(source.loads(), 1);
}

/// Something happens during every load: the last value is given, and none is kept.
#[tokio::test]
async fn a_load_is_done_three_times_and_not_for_ever() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    cache.put(riverside, "menu", "other".to_owned()).await.unwrap();
    let source = Source::new("value 1");
    source.mood(Mood::Holds);
    let loading = tokio::spawn({
        let (cache, source) = (cache.clone(), source.clone());
        async move { loaded(&cache, harbor, &source).await }
    });
    for attempt in 1..=3 {
        source.holding(attempt).await;
        cache.flush_tenant(harbor).await.unwrap();
        source.change(&format!("value {}", attempt + 1));
        source.release();
    }
    assert_eq!(loading.await.unwrap(), "value 3");
    assert_eq!(source.loads(), 3);
    assert_eq!(found(&cache, harbor, "menu").await, None);
    assert_eq!(found(&cache, riverside, "menu").await.as_deref(), Some("other"));
}

/// A tenant whose source hangs takes its own turns and nobody else's.
#[tokio::test]
async fn a_tenant_with_slow_loads_holds_up_no_other() {
    let options = TenantCacheOptions::new().loads_at_once(8).loads_at_once_per_tenant(4);
    let (cache, _) = cache_with(options);
    let (harbor, riverside) = two_tenants();
    let (slow, quick) = (Source::new("slow"), Source::new("quick"));
    slow.mood(Mood::Holds);
    let waiting: Vec<_> = (0..500)
        .map(|key: usize| {
            let (cache, load) = (cache.clone(), slow.load());
            tokio::spawn(async move { cache.get_or_load(harbor, key.to_string(), load).await })
        })
        .collect();
    slow.holding(4).await;
    for _ in 0..20 {
        assert_eq!(loaded(&cache, riverside, &quick).await, "quick");
        cache.remove(riverside, "menu").await.unwrap();
    }
    assert_eq!((slow.loads(), quick.loads()), (4, 20));
    (0..500).for_each(|_| slow.release());
    for loaded in waiting {
        assert_eq!(*loaded.await.unwrap().unwrap(), "slow");
    }
}
