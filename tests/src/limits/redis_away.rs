//! Redis is away: a clear answer in bounded time, and a way back.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tenancy_core::limit::{Decision, Limit, LimitName, RateLimiter, SlidingLog, Source};
use tenancy_core::usage::{Meter, Month, UsageMeter};
use tenancy_core::{ErrorKind, SystemClock, TenantId};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore, RedisUsageMeter};

use crate::contract::limiter::{ONE, n};
use crate::harness::{Link, PrivateRedis, address, eventually, variable};

/// What a machine under load may add to a deadline of 50 ms. Without a deadline of our own it
/// would be seconds or for ever.
const SOON: Duration = Duration::from_millis(1_500);

fn share_of(nodes: u32) -> OnLoss {
    OnLoss::LocalShare { nodes: n(nodes) }
}

fn per_hour(count: u32) -> [Limit; 1] {
    [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(count)))]
}

fn open(url: &str) -> RedisStore {
    RedisStore::open(url, RedisOptions::new()).expect("a good URL")
}

async fn soon<T>(call: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let answer = call.await;
    assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    answer
}

async fn check(limiter: &RedisRateLimiter, tenant: TenantId, limits: &[Limit]) -> Decision {
    soon(limiter.check(tenant, limits, ONE)).await.expect("a decision")
}

async fn admitted(
    limiter: &RedisRateLimiter,
    tenant: TenantId,
    limits: &[Limit],
    tries: u32,
) -> u32 {
    let mut admitted = 0;
    for _ in 0..tries {
        let decision = check(limiter, tenant, limits).await;
        assert_eq!(decision.source(), Source::LocalShare);
        admitted += u32::from(decision.is_allowed());
    }
    admitted
}

#[tokio::test]
async fn a_share_is_kept_when_nothing_listens() {
    let store = open(&PrivateRedis::stopped().await.url());
    let limiter = RedisRateLimiter::new(store, share_of(3));
    let tenants = [TenantId::generate(), TenantId::generate()];
    for tenant in tenants {
        assert_eq!(admitted(&limiter, tenant, &per_hour(10), 20).await, 3);
        let one = [Limit::new(LimitName::PRINCIPAL, SlidingLog::per_hour(n(2)))];
        assert_eq!(admitted(&limiter, tenant, &one, 20).await, 1, "at least one");
    }
    let peeked = soon(limiter.peek(tenants[0], &per_hour(10))).await.expect("a decision");
    assert_eq!((peeked.source(), peeked.binding().remaining()), (Source::LocalShare, 0));
    assert_eq!(peeked.binding().policy().n(), n(10), "the fields name the limit, not the share");

    // More than the share, less than the limit: not now.
    let refused =
        limiter.check(TenantId::generate(), &per_hour(10), n(5)).await.expect("a decision");
    assert!(!refused.is_allowed());
    assert_eq!(refused.retry_after(), Some(Duration::from_hours(1)));
    let refused =
        limiter.check(TenantId::generate(), &per_hour(10), n(11)).await.expect("a decision");
    assert!(refused.binding().is_impossible());
}

#[tokio::test]
async fn closed_refuses_with_an_error_and_open_lets_pass() {
    let url = PrivateRedis::stopped().await.url();
    let closed = RedisRateLimiter::new(open(&url), OnLoss::Closed);
    let opened = RedisRateLimiter::new(open(&url), OnLoss::Open);
    for tenant in [TenantId::generate(), TenantId::generate()] {
        for _ in 0..5 {
            let error = soon(closed.check(tenant, &per_hour(2), ONE)).await.expect_err("closed");
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.is_transient());
            let decision = check(&opened, tenant, &per_hour(2)).await;
            assert_eq!((decision.is_allowed(), decision.source()), (true, Source::Unchecked));
        }
        let refused = opened.check(tenant, &per_hour(2), n(3)).await.expect("a decision");
        assert!(refused.binding().is_impossible(), "no limit admits more than itself");
    }
}

#[tokio::test]
async fn usage_and_readiness_say_so() {
    let options = RedisOptions::new().patience(Duration::from_millis(100));
    let store = RedisStore::open(&PrivateRedis::stopped().await.url(), options);
    let store = store.expect("a good URL");
    let meter = RedisUsageMeter::new(store.clone());
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let error = soon(meter.record(tenant, &[(Meter::API_CALLS, 1)])).await.expect_err("away");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let error =
            soon(meter.usage(tenant, Month::current(&SystemClock))).await.expect_err("away");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    let error = soon(store.ping()).await.expect_err("away");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

/// A short failure costs no count: it waits for Redis to come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_wait_for_a_redis_that_comes_back() {
    let mut server = PrivateRedis::stopped().await;
    let patient = RedisOptions::new().patience(Duration::from_secs(30));
    let store = RedisStore::open(&server.url(), patient).expect("a good URL");
    let meter = Arc::new(RedisUsageMeter::new(store.clone()));
    let tenants = [TenantId::generate(), TenantId::generate()];
    let error = soon(store.ping()).await.expect_err("nothing listens yet");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let waiting = tenants.map(|tenant| {
        let meter = meter.clone();
        tokio::spawn(async move { meter.record(tenant, &[(Meter::API_CALLS, 3)]).await })
    });
    server.start(&[]).await;
    for count in waiting {
        count.await.expect("no panic").expect("it was counted");
    }
    for tenant in tenants {
        let usage = meter.usage(tenant, Month::current(&SystemClock)).await.expect("usage");
        assert_eq!(usage.of(&Meter::API_CALLS), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again() {
    let mut server = PrivateRedis::stopped().await;
    server.start(&[]).await;
    let limiter = RedisRateLimiter::new(open(&server.url()), share_of(2));
    let (a, b) = (TenantId::generate(), TenantId::generate());
    let limits = per_hour(10);
    eventually("redis decides", async || {
        limiter.peek(a, &limits).await.expect("a decision").source() == Source::Exact
    })
    .await;

    for round in 0..3 {
        server.kill().await;
        // The first may still be sent, and come back broken.
        let share_of_ten = if round == 0 { 5 } else { 0 };
        for tenant in [a, b] {
            assert_eq!(
                admitted(&limiter, tenant, &limits, 20).await,
                share_of_ten,
                "round {round}"
            );
        }
        server.start(&[]).await;
        eventually("redis decides again", async || {
            limiter.peek(a, &limits).await.expect("a decision").source() == Source::Exact
        })
        .await;
        let fresh = limiter.peek(b, &limits).await.expect("a decision");
        assert_eq!(fresh.binding().remaining(), 10, "this one keeps nothing on disk");
    }
}

async fn held_and_let_go(hang: fn(&Link)) {
    let link = Link::to(address(&variable("REDIS_URL")), Duration::ZERO).await;
    let store = open(&format!("redis://127.0.0.1:{}", link.port()));
    let limiter = RedisRateLimiter::new(store.clone(), share_of(4));
    let (a, b) = (TenantId::generate(), TenantId::generate());
    let limits = per_hour(40);
    let exact =
        async || limiter.peek(a, &limits).await.expect("a decision").source() == Source::Exact;
    eventually("redis decides", exact).await;

    hang(&link);
    let start = Instant::now();
    for tenant in [a, b] {
        assert_eq!(
            admitted(&limiter, tenant, &limits, 200).await,
            10,
            "a quarter, whatever redis counted"
        );
    }
    // One waited for the deadline; 399 did not.
    assert!(start.elapsed() < 2 * SOON, "400 decisions took {:?}", start.elapsed());
    let error = soon(store.ping()).await.expect_err("held");
    assert_eq!(error.kind(), ErrorKind::Unavailable);

    link.mend();
    eventually("redis decides again", exact).await;
    eventually("redis answers again", async || store.ping().await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_hangs() {
    held_and_let_go(Link::hang).await;
}

/// Redis counts what it was sent; nobody hears of it, so nobody is admitted by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_swallows_the_answers() {
    held_and_let_go(Link::hang_answers).await;
}

#[tokio::test]
async fn callers_at_the_start_do_not_wait_for_a_slow_connection() {
    // It listens, and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = silent.local_addr().expect("an address").port();
    let limiter = RedisRateLimiter::new(open(&format!("redis://127.0.0.1:{port}")), share_of(1));
    let start = Instant::now();
    for tenant in [TenantId::generate(), TenantId::generate()] {
        assert_eq!(admitted(&limiter, tenant, &per_hour(3), 200).await, 3);
    }
    // One of them waited for a deadline, not each.
    assert!(start.elapsed() < 2 * SOON, "400 decisions took {:?}", start.elapsed());
}

#[tokio::test]
async fn a_password_is_never_repeated() {
    let mut server = PrivateRedis::stopped().await;
    server.start(&["--requirepass", "right"]).await;
    let address = server.address();
    let hidden = "tr0ub4dor";
    let mut said = Vec::new();
    for url in ["redis://:{}@[nowhere", "http://:{}@host", "rediss://:{}@host"] {
        let error = RedisStore::open(&url.replace("{}", hidden), RedisOptions::new());
        let error = error.expect_err("no URL of ours");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        said.extend([error.to_string(), format!("{error:?}")]);
    }
    let store = open(&format!("redis://:{hidden}@{address}"));
    let limiter = RedisRateLimiter::new(store.clone(), OnLoss::Closed);
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let error = limiter.check(tenant, &per_hour(1), ONE).await.expect_err("no entry");
        said.extend([error.to_string(), format!("{error:?}")]);
    }
    said.push(format!("{:?}", store.ping().await.expect_err("no entry")));
    said.push(format!("{store:?} {limiter:?} {:?}", RedisUsageMeter::new(store.clone())));
    let said = said.join("\n");
    assert!(said.contains("127.0.0.1"), "{said}");
    assert!(!said.contains(hidden), "{said}");

    let right = open(&format!("redis://:right@{address}"));
    eventually("the right one opens", async || right.ping().await.is_ok()).await;
}

/// A server that is loading, out of memory or a replica answers with errors.
#[tokio::test]
async fn a_server_that_refuses_is_away_too() {
    let mut server = PrivateRedis::stopped().await;
    server.start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]).await;
    // It answers at once, and badly: nothing here is about time.
    let patient = RedisOptions::new().deadline(Duration::from_secs(10));
    let store = RedisStore::open(&server.url(), patient).expect("a good URL");
    eventually("redis answers", async || store.ping().await.is_ok()).await;
    let client = redis::Client::open(server.url()).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("it answers");
    let limiter = RedisRateLimiter::new(store.clone(), share_of(1));
    let (a, b) = (TenantId::generate(), TenantId::generate());

    // The server itself needs more than it may use: writes are refused, reads are not.
    for tenant in [a, b] {
        assert_eq!(admitted(&limiter, tenant, &per_hour(3), 6).await, 3);
        store.ping().await.expect("it answers still");
    }

    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("maxmemory").arg(0);
    set.query_async::<()>(&mut connection).await.expect("room again");
    assert_eq!(check(&limiter, a, &per_hour(3)).await.source(), Source::Exact);

    redis::cmd("REPLICAOF")
        .arg("127.0.0.1")
        .arg(1)
        .query_async::<()>(&mut connection)
        .await
        .expect("a replica");
    let fresh = [TenantId::generate(), TenantId::generate()];
    for tenant in fresh {
        assert_eq!(admitted(&limiter, tenant, &per_hour(3), 6).await, 3);
    }
    redis::cmd("REPLICAOF")
        .arg("NO")
        .arg("ONE")
        .query_async::<()>(&mut connection)
        .await
        .expect("a primary");
    eventually("redis decides again", async || {
        limiter.check(b, &per_hour(1_000), ONE).await.expect("a decision").source() == Source::Exact
    })
    .await;
}

#[test]
fn what_a_policy_leaves_to_each_node() {
    for (count, nodes, share) in
        [(10, 1, 10), (10, 3, 3), (10, 10, 1), (10, 11, 1), (1, u32::MAX, 1)]
    {
        let nodes = NonZeroU32::new(nodes).expect("not zero");
        let whole = SlidingLog::per_minute(n(count));
        assert_eq!(whole.share_of(nodes), SlidingLog::per_minute(n(share)));
    }
}
