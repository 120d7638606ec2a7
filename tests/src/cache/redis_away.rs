//! Redis is away: values are loaded without it in bounded time, and what must reach it says so.

use std::time::{Duration, Instant};

use tenancy_core::{ErrorKind, TenantCache, TenantCacheOptions, TenantId};
use tenancy_redis::{RedisCacheStore, RedisOptions, RedisStore};

use super::world::{Cache, Source, found, loaded};
use crate::contract::cache::MENUS;
use crate::harness::{Link, PrivateRedis, address, eventually, two_tenants, variable};

/// What a machine under load may add to a deadline of 50 ms.
const SOON: Duration = Duration::from_millis(1_500);

fn cache_at(url: &str) -> Cache {
    let store = RedisStore::open(url, RedisOptions::new()).unwrap();
    TenantCache::new(RedisCacheStore::new(store, MENUS), TenantCacheOptions::new())
}

async fn soon<T>(call: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let answer = call.await;
    assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    answer
}

/// Whoever loads is served; whoever must reach it is told that it did not.
async fn is_done_without(cache: &Cache, tenants: [TenantId; 2]) {
    let source = Source::new("loaded");
    for (at, tenant) in tenants.into_iter().enumerate() {
        for call in 1..=5 {
            assert_eq!(soon(loaded(cache, tenant, &source)).await, "loaded");
            assert_eq!(source.loads(), 5 * at + call);
            assert_eq!(soon(found(cache, tenant, "menu")).await, None);
        }
        let refused = [
            soon(cache.flush_tenant(tenant)).await,
            soon(cache.remove(tenant, "menu")).await,
            soon(cache.put(tenant, "menu", "put".to_owned())).await,
        ];
        for refused in refused {
            let error = refused.unwrap_err();
            assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true));
            assert!(!format!("{error:?}").contains(&tenant.to_string()), "{error:?}");
        }
    }
}

#[tokio::test]
async fn nothing_listens() {
    let cache = cache_at(&PrivateRedis::stopped().await.url());
    is_done_without(&cache, two_tenants().into()).await;
}

#[tokio::test]
async fn it_listens_and_never_says_a_word() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let cache = cache_at(&format!("redis://127.0.0.1:{port}"));
    is_done_without(&cache, two_tenants().into()).await;
}

async fn is_back(cache: &Cache) {
    eventually("redis is back", async || {
        cache.put(TenantId::generate(), "probe", String::new()).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn killed_and_started_again() {
    let mut server = PrivateRedis::running().await;
    let cache = cache_at(&server.url());
    let (harbor, riverside) = two_tenants();
    is_back(&cache).await;
    for tenant in [harbor, riverside] {
        cache.put(tenant, "menu", "before".to_owned()).await.unwrap();
    }
    server.kill().await;
    is_done_without(&cache, [harbor, riverside]).await;
    server.start(&[]).await;
    is_back(&cache).await;
    let source = Source::new("after");
    for tenant in [harbor, riverside] {
        assert_eq!(loaded(&cache, tenant, &source).await, "after", "it kept nothing");
        assert_eq!(found(&cache, tenant, "menu").await.as_deref(), Some("after"));
    }
}

async fn held_and_let_go(hang: fn(&Link)) {
    let url = variable("REDIS_URL");
    let link = Link::to(address(&url), Duration::ZERO).await;
    let (near, far) = (cache_at(&url), cache_at(&format!("redis://127.0.0.1:{}", link.port())));
    let (harbor, riverside) = two_tenants();
    for cache in [&near, &far] {
        is_back(cache).await;
    }
    for tenant in [harbor, riverside] {
        eventually("it is put", async || {
            near.put(tenant, "menu", "before".to_owned()).await.is_ok()
        })
        .await;
    }
    hang(&link);
    is_done_without(&far, [harbor, riverside]).await;
    // The other node goes on, and flushes.
    eventually("it is flushed", async || near.flush_tenant(harbor).await.is_ok()).await;
    link.mend();
    is_back(&far).await;
    assert_eq!(found(&far, harbor, "menu").await, None);
    let source = Source::new("after");
    for tenant in [harbor, riverside] {
        eventually("it is flushed here", async || far.flush_tenant(tenant).await.is_ok()).await;
        assert_eq!(loaded(&far, tenant, &source).await, "after");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_hangs() {
    held_and_let_go(Link::hang).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_swallows_the_answers() {
    held_and_let_go(Link::hang_answers).await;
}

/// It is lost between the beginning of a load and its end: the value is given all the same.
#[tokio::test]
async fn lost_while_a_value_is_loaded() {
    let mut server = PrivateRedis::running().await;
    let cache = cache_at(&server.url());
    is_back(&cache).await;
    let (harbor, riverside) = two_tenants();
    let source = Source::new("loaded");
    source.mood(super::world::Mood::Holds);
    let loading = [harbor, riverside].map(|tenant| {
        let (cache, source) = (cache.clone(), source.clone());
        tokio::spawn(async move { loaded(&cache, tenant, &source).await })
    });
    source.holding(2).await;
    server.kill().await;
    source.release();
    source.release();
    for loading in loading {
        assert_eq!(soon(loading).await.unwrap(), "loaded");
    }
    assert_eq!(source.loads(), 2);
}

/// It has no room and takes nothing: reads go on, loads are done, a put says so.
#[tokio::test]
async fn a_server_without_room() {
    let mut server = PrivateRedis::stopped().await;
    server.start(&[]).await;
    let cache = cache_at(&server.url());
    is_back(&cache).await;
    let (harbor, riverside) = two_tenants();
    cache.put(riverside, "menu", "before".to_owned()).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut full = redis::cmd("CONFIG");
    full.arg("SET").arg("maxmemory").arg(1);
    full.query_async::<()>(&mut connection).await.unwrap();

    let source = Source::new("loaded");
    eventually("it answers", async || {
        found(&cache, riverside, "menu").await.as_deref() == Some("before")
    })
    .await;
    assert_eq!(soon(loaded(&cache, harbor, &source)).await, "loaded");
    let refused = cache.put(harbor, "menu", "put".to_owned()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    // What takes no room is done.
    eventually("it is flushed", async || cache.flush_tenant(riverside).await.is_ok()).await;
    assert_eq!(found(&cache, riverside, "menu").await, None);
}
