//! The store that nodes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tenancy_core::cache::{Begun, CacheKey, CacheStore, Filled};
use tenancy_core::{ErrorKind, TenantCache, TenantCacheOptions, TenantId};
use tenancy_redis::{RedisCacheStore, RedisOptions, RedisStore};

use super::world::{Cache, Mood, Source, found, loaded};
use crate::contract::cache::{CacheBench, LONG, MENUS, cache_contract};
use crate::harness::{Link, PrivateRedis, address, eventually, two_tenants, variable};

/// A store with so much patience that only a real fault is one.
fn store_at(url: &str) -> RedisCacheStore {
    let options = RedisOptions::new().deadline(Duration::from_secs(10));
    RedisCacheStore::new(RedisStore::open(url, options).unwrap(), MENUS)
}

fn store() -> RedisCacheStore {
    store_at(&variable("REDIS_URL"))
}

fn node() -> Cache {
    TenantCache::new(store(), TenantCacheOptions::new())
}

async fn connection(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn keys_of(connection: &mut MultiplexedConnection, tenant: TenantId) -> Vec<String> {
    let mut keys = redis::cmd("KEYS");
    keys.arg(format!("tn:{{{tenant}}}:*")).query_async(connection).await.unwrap()
}

fn generation(tenant: TenantId) -> String {
    format!("tn:{{{tenant}}}:c:menus:g")
}

fn entry(tenant: TenantId) -> String {
    format!("tn:{{{tenant}}}:c:menus:v:=menu")
}

cache_contract!(CacheBench::new(store(), store()));

/// What one node flushes or removes, the other one sees no more, from the same moment on.
#[tokio::test]
async fn a_flush_on_one_node_holds_on_the_other_at_once() {
    let nodes = [node(), node()];
    let (harbor, riverside) = two_tenants();
    for round in 0..20 {
        let value = format!("round {round}");
        for tenant in [harbor, riverside] {
            nodes[round % 2].put(tenant, "menu", value.clone()).await.unwrap();
        }
        let (here, there) = (&nodes[(round + 1) % 2], &nodes[round % 2]);
        assert_eq!(found(here, harbor, "menu").await.as_ref(), Some(&value));
        if round % 4 < 2 {
            here.flush_tenant(harbor).await.unwrap();
        } else {
            here.remove(harbor, "menu").await.unwrap();
        }
        assert_eq!(found(there, harbor, "menu").await, None);
        assert_eq!(found(there, riverside, "menu").await, Some(value));
    }
}

/// The same while the other node loads: it loads again.
#[tokio::test]
async fn a_load_on_one_node_does_not_survive_a_flush_on_the_other() {
    let nodes = [node(), node()];
    for by_flush in [true, false] {
        let (harbor, riverside) = two_tenants();
        let source = Source::new("old");
        source.mood(Mood::Holds);
        let [first, other] = [harbor, riverside].map(|tenant| {
            let (cache, source) = (nodes[0].clone(), source.clone());
            tokio::spawn(async move { loaded(&cache, tenant, &source).await })
        });
        source.holding(2).await;
        source.change("new");
        if by_flush {
            nodes[1].flush_tenant(harbor).await.unwrap();
        } else {
            nodes[1].remove(harbor, "menu").await.unwrap();
        }
        source.mood(Mood::Answers);
        source.release();
        source.release();
        assert_eq!((first.await.unwrap().as_str(), other.await.unwrap().as_str()), ("new", "old"));
        assert_eq!(found(&nodes[1], harbor, "menu").await.as_deref(), Some("new"));
        assert_eq!(source.loads(), 3);
    }
}

/// Two nodes load the same key: both give what they loaded or found, and one value is kept.
#[tokio::test]
async fn nodes_that_load_at_once_keep_one_value() {
    let nodes = [node(), node()];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let sources = [Source::new("by one"), Source::new("by two")];
        let loading = [0, 1].map(|at| {
            sources[at].mood(Mood::Holds);
            let (cache, source) = (nodes[at].clone(), sources[at].clone());
            tokio::spawn(async move { loaded(&cache, tenant, &source).await })
        });
        for source in &sources {
            source.holding(1).await;
        }
        let [first, second] = loading;
        sources[0].release();
        assert_eq!(first.await.unwrap(), "by one");
        sources[1].release();
        assert_eq!(second.await.unwrap(), "by one", "it is found, and loaded no more");
        assert_eq!((sources[0].loads(), sources[1].loads()), (1, 1));
        assert_eq!(found(&nodes[1], tenant, "menu").await.as_deref(), Some("by one"));
    }
}

/// A writer on one node, readers on the other: nothing that was removed before is seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_what_another_node_removed_before() {
    let nodes = [node(), node()];
    let (harbor, riverside) = two_tenants();
    let (source, removed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    nodes[0].put(riverside, "menu", "other".to_owned()).await.unwrap();
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (cache, source, removed) = (nodes[0].clone(), source.clone(), removed.clone());
            tokio::spawn(async move {
                for _ in 0..300 {
                    let least = removed.load(Ordering::SeqCst);
                    // Directly: a flight may be older than its passenger, and says so.
                    if let Some(value) = found(&cache, harbor, "menu").await {
                        assert!(value.parse::<u64>().unwrap() >= least, "{value} before {least}");
                    }
                    let source = source.clone();
                    let load = move || {
                        let value = source.load(Ordering::SeqCst);
                        async move {
                            tokio::task::yield_now().await;
                            Ok(value.to_string())
                        }
                    };
                    cache.get_or_load(harbor, "menu", load).await.unwrap();
                }
            })
        })
        .collect();
    let mut version = 0;
    while readers.iter().any(|reader| !reader.is_finished()) {
        version += 1;
        source.store(version, Ordering::SeqCst);
        if version % 3 == 0 {
            nodes[1].flush_tenant(harbor).await.unwrap();
        } else {
            nodes[1].remove(harbor, "menu").await.unwrap();
        }
        removed.store(version, Ordering::SeqCst);
    }
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(found(&nodes[1], riverside, "menu").await.as_deref(), Some("other"));
}

/// The generation is read with the value.
#[tokio::test]
async fn a_hit_is_one_round_trip_and_a_flush_too() {
    let link = Link::to(address(&variable("REDIS_URL")), Duration::ZERO).await;
    let store = store_at(&format!("redis://127.0.0.1:{}", link.port()));
    let (harbor, riverside) = two_tenants();
    for tenant in [harbor, riverside] {
        for at in 0..200_usize {
            let key = CacheKey::new(tenant, at.to_string());
            store.put(&key, &Arc::new("chowder".to_owned()), LONG).await.unwrap();
        }
        let key = CacheKey::new(tenant, "7");
        let before = link.turns();
        let hit: Option<Arc<String>> = store.get(&key).await.unwrap();
        assert_eq!((hit.unwrap().as_str(), link.turns() - before), ("chowder", 1));
        CacheStore::<String>::flush_tenant(&store, tenant).await.unwrap();
        assert_eq!(link.turns() - before, 2, "however much there was");
    }
}

#[tokio::test]
async fn leaves_no_key_that_lives_for_ever_and_no_generation_that_dies_first() {
    let url = variable("REDIS_URL");
    let (store, mut connection) = (store(), connection(&url).await);
    let value = Arc::new("chowder".to_owned());
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let keys = ["put", "filled", "begun"].map(|subject| CacheKey::new(tenant, subject));
        store.put(&keys[0], &value, Duration::from_secs(100)).await.unwrap();
        for (key, within) in [(&keys[1], 5), (&keys[2], 10)] {
            let begun = store.begin(key, Duration::from_secs(within)).await.unwrap();
            let Begun::<String>::Lease(lease) = begun else { panic!("it is there") };
            if within == 5 {
                let lives = Duration::from_secs(200);
                assert_eq!(store.fill(key, &lease, &value, lives).await.unwrap(), Filled::Kept);
            }
        }
        let lives = [("v:=put", 100), ("v:=filled", 200), ("v:=begun", 10), ("g", 200)];
        assert_eq!(keys_of(&mut connection, tenant).await.len(), 4);
        for (key, seconds) in lives {
            let mut command = redis::cmd("PTTL");
            command.arg(format!("tn:{{{tenant}}}:c:menus:{key}"));
            let left: i64 = command.query_async(&mut connection).await.unwrap();
            let most = seconds * 1_000;
            assert!((most - 30_000..=most).contains(&left), "{key}: {left} of {most} ms");
        }
    }
}

/// However the generation is lost, all is flushed, and a load that was under way keeps nothing.
#[tokio::test]
async fn a_generation_that_is_evicted_flushes() {
    let url = variable("REDIS_URL");
    let (store, mut connection) = (store(), connection(&url).await);
    let (harbor, riverside) = two_tenants();
    let value = Arc::new("old".to_owned());
    let [here, there] = [harbor, riverside].map(|tenant| CacheKey::new(tenant, "menu"));
    for key in [&here, &there] {
        store.put(key, &value, LONG).await.unwrap();
    }
    let loading = CacheKey::new(harbor, "prices");
    let Begun::<String>::Lease(lease) = store.begin(&loading, LONG).await.unwrap() else {
        panic!("it is there")
    };
    let mut delete = redis::cmd("DEL");
    delete.arg(generation(harbor)).query_async::<()>(&mut connection).await.unwrap();
    // Another one begins, and the old values are still in Redis.
    let Begun::<String>::Lease(_) = store.begin(&here, LONG).await.unwrap() else {
        panic!("an old value")
    };
    let outdated = store.fill(&loading, &lease, &value, LONG).await.unwrap();
    assert_eq!(outdated, Filled::Outdated);
    let none: Option<Arc<String>> = store.get(&loading).await.unwrap();
    assert!(none.is_none());
    let other: Option<Arc<String>> = store.get(&there).await.unwrap();
    assert_eq!(other.as_deref(), Some(&*value));
}

/// Whatever brings a tenant's bytes under another one's key, they are not believed there.
#[tokio::test]
async fn an_entry_under_another_tenants_key_is_not_believed() {
    let url = variable("REDIS_URL");
    let (cache, mut connection) = (node(), connection(&url).await);
    let (harbor, riverside) = two_tenants();
    cache.put(harbor, "menu", "harbor's".to_owned()).await.unwrap();
    cache.put(riverside, "menu", "riverside's".to_owned()).await.unwrap();
    let mut copy = redis::cmd("COPY");
    copy.arg(entry(harbor)).arg(entry(riverside)).arg("REPLACE");
    assert_eq!(copy.query_async::<i64>(&mut connection).await.unwrap(), 1);
    assert_eq!(found(&cache, riverside, "menu").await, None);
    let source = Source::new("loaded");
    assert_eq!(loaded(&cache, riverside, &source).await, "loaded");
    assert_eq!(found(&cache, harbor, "menu").await.as_deref(), Some("harbor's"));
}

/// Another version of the program wrote it: it is loaded anew, and kept in its place.
#[tokio::test]
async fn what_cannot_be_read_is_loaded_anew() {
    let numbers: TenantCache<u64> = TenantCache::new(store(), TenantCacheOptions::new());
    let texts = node();
    for tenant in [TenantId::generate(), TenantId::generate()] {
        texts.put(tenant, "menu", "no number".to_owned()).await.unwrap();
        assert!(numbers.get(tenant, "menu").await.unwrap().is_none());
        let loads = Arc::new(AtomicUsize::new(0));
        for _ in 0..2 {
            let loads = loads.clone();
            let load = move || {
                loads.fetch_add(1, Ordering::SeqCst);
                std::future::ready(Ok(7))
            };
            assert_eq!(*numbers.get_or_load(tenant, "menu", load).await.unwrap(), 7);
        }
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_value_that_is_too_large_is_given_and_not_kept() {
    let cache: Cache = TenantCache::new(store().value_at_most(100), TenantCacheOptions::new());
    let (harbor, riverside) = two_tenants();
    let source = Source::new(&"x".repeat(99));
    for tenant in [harbor, riverside] {
        assert_eq!(loaded(&cache, tenant, &source).await.len(), 99);
        assert_eq!(found(&cache, tenant, "menu").await, None);
        let error = cache.put(tenant, "menu", "x".repeat(99)).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("value")));
        cache.put(tenant, "menu", "x".repeat(98)).await.unwrap();
        assert_eq!(found(&cache, tenant, "menu").await.unwrap().len(), 98);
    }
    assert_eq!(source.loads(), 2);
}

/// Redis starts from a copy that is older than a flush: the flush still holds.
#[tokio::test]
async fn a_restart_from_an_old_copy_brings_nothing_back() {
    let mut server = PrivateRedis::running().await;
    let url = server.url();
    let (harbor, riverside) = two_tenants();
    let cache: Cache = TenantCache::new(store_at(&url), TenantCacheOptions::new());
    for tenant in [harbor, riverside] {
        cache.put(tenant, "menu", "old".to_owned()).await.unwrap();
        cache.put(tenant, "prices", "old".to_owned()).await.unwrap();
    }
    redis::cmd("SAVE").query_async::<()>(&mut connection(&url).await).await.unwrap();
    cache.flush_tenant(harbor).await.unwrap();
    cache.remove(riverside, "menu").await.unwrap();
    server.kill().await;
    server.start(&[]).await;
    let mut there = connection(&url).await;
    assert_eq!(keys_of(&mut there, harbor).await.len(), 3, "the copy was read");
    // Right after the start, and over connections of before and after it.
    let fresh: Cache = TenantCache::new(store_at(&url), TenantCacheOptions::new());
    for cache in [&fresh, &cache] {
        eventually("redis answers", async || {
            let probe = TenantId::generate();
            cache.put(probe, "probe", String::new()).await.is_ok()
        })
        .await;
        for tenant in [harbor, riverside] {
            for key in ["menu", "prices"] {
                assert_eq!(found(cache, tenant, key).await, None, "{key}");
            }
        }
    }
    let source = Source::new("new");
    assert_eq!(loaded(&cache, harbor, &source).await, "new");
    assert_eq!(found(&fresh, harbor, "menu").await.as_deref(), Some("new"));
    assert_eq!(found(&fresh, harbor, "prices").await, None);
}

/// A login that may not ask for the run still has a cache, and limits.
#[tokio::test]
async fn a_login_that_may_not_ask_for_the_run_is_served() {
    let server = PrivateRedis::running().await;
    let mut admin = connection(&server.url()).await;
    let mut user = redis::cmd("ACL");
    user.arg("SETUSER").arg("app").arg("on").arg(">pass").arg("~*").arg("&*").arg("+@all");
    user.arg("-info").query_async::<()>(&mut admin).await.unwrap();
    let url = format!("redis://app:pass@{}", server.address());
    let nodes =
        [(); 2].map(|()| -> Cache { TenantCache::new(store_at(&url), TenantCacheOptions::new()) });
    let (harbor, riverside) = two_tenants();
    for tenant in [harbor, riverside] {
        nodes[0].put(tenant, "menu", "chowder".to_owned()).await.unwrap();
        assert_eq!(found(&nodes[1], tenant, "menu").await.as_deref(), Some("chowder"));
    }
    nodes[1].flush_tenant(harbor).await.unwrap();
    assert_eq!(found(&nodes[0], harbor, "menu").await, None);
    assert_eq!(found(&nodes[0], riverside, "menu").await.as_deref(), Some("chowder"));
}
