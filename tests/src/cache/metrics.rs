//! From what is counted, a hit rate can be drawn.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tenancy_core::{TenantCache, TenantCacheOptions, TenantId};
use tenancy_redis::{RedisCacheStore, RedisOptions, RedisStore};

use super::world::{Cache, Mood, Source, cache, found, loaded};
use crate::contract::cache::MENUS;
use crate::harness::{PrivateRedis, two_tenants};

/// Returns what is counted while a function runs, by outcome.
fn counted(run: impl Future<Output = [TenantId; 2]>) -> BTreeMap<String, u64> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let tenants = metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run)
    });
    let mut counts = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<_> =
            key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let line = format!("{} {}", key.key().name(), labels.join(" "));
        assert!(!tenants.iter().any(|tenant| line.contains(&tenant.to_string())), "{line}");
        let outcome = line.strip_prefix("tenancy_cache_requests_total cache=menus outcome=");
        let DebugValue::Counter(count) = value else { panic!("a counter") };
        counts.insert(outcome.unwrap_or(&line).to_owned(), count);
    }
    counts
}

fn counts<const N: usize>(counts: [(&str, u64); N]) -> BTreeMap<String, u64> {
    counts.into_iter().map(|(outcome, count)| (outcome.to_owned(), count)).collect()
}

#[test]
fn each_call_counts_once_by_what_it_got() {
    let found = counted(async {
        let (cache, _) = cache();
        let (harbor, riverside) = two_tenants();
        let source = Source::new("chowder");
        for tenant in [harbor, riverside] {
            assert!(found(&cache, tenant, "menu").await.is_none());
            for _ in 0..4 {
                loaded(&cache, tenant, &source).await;
            }
            assert!(found(&cache, tenant, "menu").await.is_some());
        }
        source.mood(Mood::Errs);
        cache.get_or_load(harbor, "prices", source.load()).await.unwrap_err();
        [harbor, riverside]
    });
    assert_eq!(found, counts([("failed", 1), ("hit", 8), ("miss", 4)]));
}

#[test]
fn what_is_done_without_the_store_counts_as_such() {
    let found = counted(async {
        let url = PrivateRedis::stopped().await.url();
        let store = RedisStore::open(&url, RedisOptions::new()).unwrap();
        let store = RedisCacheStore::new(store, MENUS);
        let cache: Cache = TenantCache::new(store, TenantCacheOptions::new());
        let (harbor, riverside) = two_tenants();
        let source = Source::new("chowder");
        for tenant in [harbor, riverside] {
            assert!(found(&cache, tenant, "menu").await.is_none());
            loaded(&cache, tenant, &source).await;
        }
        [harbor, riverside]
    });
    assert_eq!(found, counts([("away", 4)]));
}
