//! Redis answers, and not what it should: it is loading, it is not allowed to, it is wrong.

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use tenancy_core::limit::{Limit, LimitName, RateLimiter, SlidingLog, Source};
use tenancy_core::{ErrorKind, TenantId};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore};

use crate::contract::limiter::{ONE, n};
use crate::harness::{Link, PrivateRedis, address, eventually, variable};

/// What a machine under load may add to a deadline of 50 ms.
const SOON: Duration = Duration::from_millis(1_500);

fn per_hour(count: u32) -> [Limit; 1] {
    [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(count)))]
}

async fn connection(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).expect("a URL");
    client.get_multiplexed_async_connection().await.expect("it answers")
}

/// Closed says so in bounded time; a share decides. Neither admits by what Redis said.
async fn is_away(url: &str) {
    let store = RedisStore::open(url, RedisOptions::new()).expect("a good URL");
    let closed = RedisRateLimiter::new(store.clone(), OnLoss::Closed);
    let shared = RedisRateLimiter::new(store, OnLoss::LocalShare { nodes: n(200) });
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let mut admitted = 0;
        for _ in 0..30 {
            let start = Instant::now();
            let error = closed.check(tenant, &per_hour(1_000), ONE).await.expect_err("closed");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
            let said = format!("{error:?}");
            assert!(!said.contains(&tenant.to_string()), "{said}");
            let decision = shared.check(tenant, &per_hour(1_000), ONE).await.expect("a decision");
            assert_eq!(decision.source(), Source::LocalShare);
            admitted += u32::from(decision.is_allowed());
            assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
        }
        assert_eq!(admitted, 5, "a share of the limit");
    }
}

/// Decides over a store again, once it can.
async fn decides_again(url: &str) {
    let store = RedisStore::open(url, RedisOptions::new()).expect("a good URL");
    let limiter = RedisRateLimiter::new(store, OnLoss::Closed);
    for tenant in [TenantId::generate(), TenantId::generate()] {
        eventually("redis decides", async || {
            limiter.check(tenant, &per_hour(10), ONE).await.is_ok()
        })
        .await;
    }
}

/// A server reads its data when it starts, and says LOADING meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_loading_is_away() {
    let mut server = PrivateRedis::stopped().await;
    server.start(&[]).await;
    let mut fill = redis::pipe();
    for key in 0..4_000 {
        fill.set(format!("filler:{key}"), "x".repeat(100)).ignore();
    }
    let mut asked = connection(&server.url()).await;
    fill.query_async::<()>(&mut asked).await.expect("filled");
    redis::cmd("SAVE").query_async::<()>(&mut asked).await.expect("saved");
    server.kill().await;
    let url = server.url();
    // Three seconds, in which it answers.
    let slowly = ["--key-load-delay", "1500", "--loading-process-events-interval-bytes", "1024"];
    let start = server.start(&slowly);
    let watch = async {
        let client = redis::Client::open(url.as_str()).expect("a URL");
        eventually("it is loading", async || {
            let Ok(mut asked) = client.get_multiplexed_async_connection().await else {
                return false;
            };
            let said = redis::cmd("PING").query_async::<String>(&mut asked).await;
            said.is_err_and(|error| error.code() == Some("LOADING"))
        })
        .await;
        is_away(&url).await;
    };
    tokio::join!(start, watch);
    decides_again(&url).await;
}

/// The user of the connection may not run scripts.
#[tokio::test]
async fn a_login_that_may_not_run_scripts_decides_nothing() {
    let mut server = PrivateRedis::stopped().await;
    let user = ["--user", "weak", "on", ">weak", "~*", "&*", "+@all", "-evalsha", "-eval"];
    server.start(&user).await;
    let weak = server.url().replace("redis://", "redis://weak:weak@");
    is_away(&weak).await;
    decides_again(&server.url()).await;
}

/// A server on which scripts were taken away, or are others: whatever they say, it is no decision.
#[tokio::test]
async fn a_server_without_scripts_decides_nothing() {
    let mut server = PrivateRedis::stopped().await;
    server.start(&["--rename-command", "EVALSHA", "", "--rename-command", "EVAL", ""]).await;
    is_away(&server.url()).await;
}

/// Numbers on the way are changed: none of them admits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_cannot_be_is_not_believed() {
    let link = Link::to(address(&variable("REDIS_URL")), Duration::ZERO).await;
    link.spoil_answers();
    let url = format!("redis://127.0.0.1:{}", link.port());
    is_away(&url).await;
    link.mend();
    decides_again(&url).await;
}

/// It is full, and then a replica: what was charged before counts on when it is neither.
#[tokio::test]
async fn full_and_read_only_refuse_and_forget_nothing() {
    let mut server = PrivateRedis::stopped().await;
    server.start(&["--maxmemory-policy", "noeviction"]).await;
    let url = server.url();
    let mut asked = connection(&url).await;
    let patient = RedisOptions::new().deadline(Duration::from_secs(10));
    let store = RedisStore::open(&url, patient).expect("a good URL");
    let limiter = RedisRateLimiter::new(store, OnLoss::Closed);
    let tenants = [TenantId::generate(), TenantId::generate()];
    for tenant in tenants {
        for _ in 0..3 {
            limiter.check(tenant, &per_hour(4), ONE).await.expect("a decision");
        }
    }
    let faults: [(&[&str], &[&str]); 2] = [
        (&["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]),
        (&["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]),
    ];
    for (break_it, mend_it) in faults {
        for words in [break_it, mend_it] {
            redis::cmd(words[0]).arg(&words[1..]).query_async::<()>(&mut asked).await.expect("set");
            if words == break_it {
                is_away(&url).await;
            }
        }
    }
    for tenant in tenants {
        eventually("redis decides again", async || {
            limiter.peek(tenant, &per_hour(4)).await.is_ok()
        })
        .await;
        let admitted = limiter.check(tenant, &per_hour(4), ONE).await.expect("a decision");
        assert!(admitted.is_allowed(), "one was left");
        let refused = limiter.check(tenant, &per_hour(4), ONE).await.expect("a decision");
        assert!(!refused.is_allowed(), "three were not forgotten");
    }
}
