//! A source that errs, panics or hangs.

use std::error::Error as _;
use std::time::Duration;

use tenancy_core::{ErrorKind, TenantCacheOptions};
use tokio::time::Instant;

use super::world::{Mood, Source, cache, cache_with, found, loaded};
use crate::harness::two_tenants;

#[tokio::test]
async fn an_error_reaches_all_who_wait_and_is_not_kept() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    let (source, other) = (Source::new("chowder"), Source::new("trout"));
    assert_eq!(loaded(&cache, riverside, &other).await, "trout");
    source.mood(Mood::Errs);
    let calls = (0..20).map(|_| {
        let (cache, load) = (cache.clone(), source.load());
        tokio::spawn(async move { cache.get_or_load(harbor, "menu", load).await })
    });
    for call in calls.collect::<Vec<_>>() {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, "read a menu"));
        assert_eq!(error.subject(), Some("menu"));
        assert_eq!(error.source().unwrap().to_string(), "the disk is gone");
        assert!(format!("{error:?}").contains("the disk is gone"));
    }
    let failed = source.loads();
    assert!(failed <= 20);
    source.mood(Mood::Answers);
    assert_eq!(loaded(&cache, harbor, &source).await, "chowder");
    assert_eq!(source.loads(), failed + 1);
    assert_eq!(found(&cache, riverside, "menu").await.as_deref(), Some("trout"));
}

#[tokio::test]
async fn a_panic_frees_the_key() {
    let (cache, _) = cache();
    let tenants = two_tenants();
    let source = Source::new("chowder");
    for tenant in [tenants.0, tenants.1] {
        for _ in 0..3 {
            source.mood(Mood::Panics);
            let error = cache.get_or_load(tenant, "menu", source.load()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal);
        }
        source.mood(Mood::Answers);
        assert_eq!(loaded(&cache, tenant, &source).await, "chowder");
    }
}

/// The closure itself may panic too, before there is a future.
#[tokio::test]
async fn a_panic_before_the_load_frees_the_key() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    for tenant in [harbor, riverside] {
        let panics = || -> std::future::Ready<_> { panic!("a panic of a test: it is expected") };
        let error = cache.get_or_load(tenant, "menu", panics).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        let source = Source::new("chowder");
        assert_eq!(loaded(&cache, tenant, &source).await, "chowder");
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_that_hangs_is_given_up_and_its_turn_is_free() {
    let options = TenantCacheOptions::new()
        .load_within(Duration::from_secs(2))
        .loads_at_once(1)
        .loads_at_once_per_tenant(1);
    let (cache, _) = cache_with(options);
    let (harbor, riverside) = two_tenants();
    let (source, other) = (Source::new("chowder"), Source::new("trout"));
    source.mood(Mood::Hangs);
    let before = Instant::now();
    let error = cache.get_or_load(harbor, "menu", source.load()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true));
    assert_eq!(before.elapsed(), Duration::from_secs(2));

    // One has the turn, and will for as long as the others wait for theirs.
    let hanging = tokio::spawn({
        let (cache, load) = (cache.clone(), source.load());
        async move { cache.get_or_load(harbor, "menu", load).await }
    });
    tokio::task::yield_now().await;
    let before = Instant::now();
    let queued = cache.get_or_load(riverside, "menu", other.load()).await;
    assert!(before.elapsed() <= Duration::from_secs(4), "{:?}", before.elapsed());
    assert!(queued.is_err_and(|error| error.kind() == ErrorKind::Overloaded) || other.loads() == 1);
    hanging.await.unwrap().unwrap_err();

    source.mood(Mood::Answers);
    assert_eq!(loaded(&cache, harbor, &source).await, "chowder");
    assert_eq!(loaded(&cache, riverside, &other).await, "trout");
}

/// A load that is done again has the time of the first one, and the first value still counts.
#[tokio::test(start_paused = true)]
async fn a_second_attempt_that_hangs_leaves_the_value_of_the_first() {
    let (cache, _) = cache();
    let (harbor, riverside) = two_tenants();
    let source = Source::new("chowder");
    source.mood(Mood::Holds);
    let before = Instant::now();
    let loading = tokio::spawn({
        let (cache, source) = (cache.clone(), source.clone());
        async move { loaded(&cache, harbor, &source).await }
    });
    source.holding(1).await;
    cache.flush_tenant(harbor).await.unwrap();
    source.mood(Mood::Hangs);
    source.release();
    assert_eq!(loading.await.unwrap(), "chowder");
    assert!(before.elapsed() <= Duration::from_secs(5), "{:?}", before.elapsed());
    assert_eq!(found(&cache, harbor, "menu").await, None, "it is not kept");
    assert_eq!(found(&cache, riverside, "menu").await, None);
}
