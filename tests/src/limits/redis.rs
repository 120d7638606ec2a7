//! The limiter that nodes share.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tenancy_core::limit::{
    AtMost, Calendar, Limit, LimitName, Period, Policy, RateLimiter, SlidingLog, Source,
    TokenBucket,
};
use tenancy_core::{ErrorKind, ManualClock, TenantId};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore, StrictRedisRateLimiter};

use crate::contract::limiter::{LimiterBench, ONE, limiter_contract, n};
use crate::contract::shapes::shapes_contract;
use crate::harness::{Link, PrivateRedis, address, eventually, variable};

/// A store with so much patience that only a real fault is one.
pub(super) fn store() -> RedisStore {
    let options = RedisOptions::new().deadline(Duration::from_secs(10));
    RedisStore::open(&variable("REDIS_URL"), options).expect("a good URL")
}

async fn connection() -> MultiplexedConnection {
    let client = redis::Client::open(variable("REDIS_URL")).expect("a good URL");
    client.get_multiplexed_async_connection().await.expect("redis answers")
}

fn exact(clock: Arc<ManualClock>) -> RedisRateLimiter {
    RedisRateLimiter::with_clock(store(), OnLoss::Closed, clock)
}

limiter_contract!({
    let clock = LimiterBench::clock();
    LimiterBench::new(exact(clock.clone()), clock)
});

shapes_contract!({
    let clock = LimiterBench::clock();
    LimiterBench::new(exact(clock.clone()), clock)
});

async fn keys_of(tenant: TenantId) -> Vec<String> {
    let mut keys = redis::cmd("KEYS");
    keys.arg(format!("tn:{{{tenant}}}:*"));
    keys.query_async(&mut connection().await).await.expect("the keys")
}

#[tokio::test]
async fn leaves_to_the_server_what_only_it_knows() {
    let limiter = exact(LimiterBench::clock());
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(ONE))];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        assert!(limiter.try_local(tenant, &limits, ONE).is_none());
        let decision = limiter.check(tenant, &limits, ONE).await.expect("a decision");
        assert!(decision.is_allowed(), "nothing was charged before");
    }
}

#[tokio::test]
async fn goes_by_the_clock_of_the_server() {
    let (a, b) = (TenantId::generate(), TenantId::generate());
    // Two nodes, one limit.
    let nodes = [
        RedisRateLimiter::new(store(), OnLoss::Closed),
        RedisRateLimiter::new(store(), OnLoss::Closed),
    ];
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(9)))];
    for tenant in [a, b] {
        let mut admitted = 0;
        for call in 0..20 {
            let decision = nodes[call % 2].check(tenant, &limits, ONE).await.expect("a decision");
            assert_eq!(decision.source(), Source::Exact);
            admitted += usize::from(decision.is_allowed());
            assert!(decision.binding().reset_after() <= Duration::from_hours(1));
        }
        assert_eq!(admitted, 9);
    }
}

#[tokio::test]
async fn leaves_no_key_that_lives_for_ever() {
    let limiter = RedisRateLimiter::new(store(), OnLoss::Closed);
    let (a, b) = (TenantId::generate(), TenantId::generate());
    let limits = [
        Limit::new(LimitName::TENANT, SlidingLog::per_minute(n(3))),
        Limit::new(LimitName::PRINCIPAL, SlidingLog::per_hour(n(3)))
            .for_subject("a {strange} name"),
    ];
    for tenant in [a, b] {
        for _ in 0..5 {
            limiter.check(tenant, &limits, ONE).await.expect("a decision");
        }
        let keys = keys_of(tenant).await;
        assert_eq!(keys.len(), 2, "{keys:?}");
        for key in keys {
            let mut command = redis::cmd("PTTL");
            let lives: i64 =
                command.arg(&key).query_async(&mut connection().await).await.expect("a time");
            let window = if key.contains(":tenant:") { 60_000 } else { 3_600_000 };
            assert!((1..=window + 1_000).contains(&lives), "{key} lives {lives} ms");
        }
    }
}

#[tokio::test]
async fn writes_nothing_for_a_refusal_or_a_peek() {
    let limiter = RedisRateLimiter::new(store(), OnLoss::Closed);
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_minute(n(3)))];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        limiter.peek(tenant, &limits).await.expect("a decision");
        assert!(!limiter.check(tenant, &limits, n(4)).await.expect("a decision").is_allowed());
        assert!(keys_of(tenant).await.is_empty());
    }
}

/// A sorted set of times, the usual way to keep a log, is ten times as large.
#[tokio::test]
async fn keeps_a_hit_in_eleven_bytes() {
    let clock = LimiterBench::clock();
    let limiter = exact(clock.clone());
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(1_000)))];
    let sorted_set = format!("tests:{}", TenantId::generate());
    let mut connection = connection().await;
    for tenant in [TenantId::generate(), TenantId::generate()] {
        for _ in 0..1_000 {
            assert!(limiter.check(tenant, &limits, ONE).await.expect("a decision").is_allowed());
            clock.advance(Duration::from_micros(1_234_567));
        }
        let bytes = memory_of(&mut connection, &keys_of(tenant).await[0]).await;
        assert!(bytes <= 12 * 1_000, "{bytes} bytes for 1,000 hits");

        let mut pipeline = redis::pipe();
        for hit in 0..1_000_u64 {
            let at = 1_790_000_000_000_000 + hit * 1_234_567;
            pipeline.zadd(&sorted_set, format!("{at}-{hit:05}"), at).ignore();
        }
        pipeline.query_async::<()>(&mut connection).await.expect("a sorted set");
        let usual = memory_of(&mut connection, &sorted_set).await;
        redis::cmd("DEL").arg(&sorted_set).query_async::<()>(&mut connection).await.expect("gone");
        println!("{bytes} bytes, {usual} as a sorted set");
        assert!(bytes * 8 <= usual, "{bytes} bytes, {usual} as a sorted set");
    }
}

/// Ten a second, a thousand an hour, a million a month, all of them in use.
#[tokio::test]
async fn keeps_three_windows_of_a_tenant_in_200_bytes() {
    let clock = LimiterBench::clock();
    let limiter = exact(clock.clone());
    let limits = [
        Limit::new(LimitName::from_static("second"), {
            TokenBucket::per_second(n(10), n(10)).expect("a good policy")
        }),
        Limit::new(LimitName::from_static("hour"), AtMost::per_hour(n(1_000))),
        Limit::new(LimitName::from_static("month"), Calendar::new(n(1_000_000), Period::Month)),
    ];
    let mut connection = connection().await;
    for tenant in [TenantId::generate(), TenantId::generate()] {
        for _ in 0..32 {
            assert!(limiter.check(tenant, &limits, n(10)).await.expect("a decision").is_allowed());
            clock.advance(Duration::from_mins(2));
        }
        let keys = keys_of(tenant).await;
        assert_eq!(keys.len(), 1, "{keys:?}");
        let bytes = memory_of(&mut connection, &keys[0]).await;
        assert!(bytes <= 200, "{bytes} bytes");
    }
}

/// A call of one limit does not end the other ones of its subject.
#[tokio::test]
async fn limits_that_share_a_key_live_as_long_as_they_count() {
    let clock = LimiterBench::clock();
    let limiter = exact(clock.clone());
    let short = [Limit::new(LimitName::from_static("short"), AtMost::per_second(n(5)))];
    let long = [Limit::new(LimitName::from_static("long"), AtMost::per_day(n(5)))];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        limiter.check(tenant, &long, n(5)).await.expect("a decision");
        limiter.check(tenant, &short, n(5)).await.expect("a decision");
        let keys = keys_of(tenant).await;
        assert_eq!(keys.len(), 1, "{keys:?}");
        let mut command = redis::cmd("PTTL");
        let lives: i64 =
            command.arg(&keys[0]).query_async(&mut connection().await).await.expect("a time");
        assert!(lives > 86_000_000, "{lives} ms");
        clock.advance(Duration::from_hours(1));
        let decision = limiter.check(tenant, &short, n(5)).await.expect("a decision");
        assert!(decision.is_allowed());
        assert!(!limiter.check(tenant, &long, ONE).await.expect("a decision").is_allowed());
    }
}

#[tokio::test]
async fn a_strict_limiter_wants_a_redis_that_forgets_nothing() {
    let mut server = PrivateRedis::stopped().await;
    for (policy, good) in [("allkeys-lru", false), ("volatile-ttl", false), ("noeviction", true)] {
        server.start(&["--maxmemory-policy", policy]).await;
        let patient = RedisOptions::new().deadline(Duration::from_secs(10));
        let store = RedisStore::open(&server.url(), patient).expect("a good URL");
        let limits = [Limit::new(LimitName::TENANT, AtMost::per_hour(n(2)))];
        let clock = LimiterBench::clock();
        match StrictRedisRateLimiter::open_with_clock(store, clock.clone()).await {
            Ok(limiter) => {
                assert!(good, "{policy}");
                // Whatever this server lost was charged before it was first seen.
                let first = limiter.peek(TenantId::generate(), &limits).await.expect("a decision");
                assert_eq!(first.binding().remaining(), 0);
                clock.advance(Duration::from_hours(1));
                for tenant in [TenantId::generate(), TenantId::generate()] {
                    for allowed in [true, true, false] {
                        let decision = limiter.check(tenant, &limits, ONE).await;
                        let decision = decision.expect("a decision");
                        let said = (decision.is_allowed(), decision.source());
                        assert_eq!(said, (allowed, Source::Exact));
                    }
                }
                server.kill().await;
                let error = limiter.check(TenantId::generate(), &limits, ONE).await;
                assert_eq!(error.expect_err("closed").kind(), ErrorKind::Unavailable);
            }
            Err(error) => {
                assert!(!good, "{error:?}");
                assert_eq!(error.kind(), ErrorKind::Misconfigured);
                server.kill().await;
            }
        }
    }
}

/// The first call of a batch goes away: those behind it are decided, and it is charged once at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_away_holds_nobody_up() {
    let link = Link::to(address(&variable("REDIS_URL")), Duration::from_millis(2)).await;
    let options = RedisOptions::new().deadline(Duration::from_secs(10));
    let store = RedisStore::open(&format!("redis://127.0.0.1:{}", link.port()), options);
    let limiter = Arc::new(RedisRateLimiter::new(store.expect("a good URL"), OnLoss::Closed));
    let limits = [Limit::new(LimitName::TENANT, AtMost::per_hour(n(1_000)))];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        limiter.peek(tenant, &limits).await.expect("a decision");
        let calls: Vec<_> = (0..60)
            .map(|_| {
                let (limiter, limits) = (limiter.clone(), limits.clone());
                tokio::spawn(async move { limiter.check(tenant, &limits, ONE).await })
            })
            .collect();
        tokio::task::yield_now().await;
        for call in calls.iter().step_by(2) {
            call.abort();
        }
        for call in calls.into_iter().skip(1).step_by(2) {
            let decision = call.await.expect("no panic").expect("a decision");
            assert_eq!((decision.is_allowed(), decision.source()), (true, Source::Exact));
        }
        let left = limiter.peek(tenant, &limits).await.expect("a decision").binding().remaining();
        assert!((940..=970).contains(&left), "{left} are left of 1000");
    }
}

/// The task that sent for all of them ends with its runtime: whoever asks on another one is served.
#[test]
fn goes_on_after_the_runtime_that_sent_has_ended() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().expect("a runtime")
    };
    let options = RedisOptions::new().deadline(Duration::from_millis(500));
    let store = RedisStore::open(&variable("REDIS_URL"), options).expect("a good URL");
    let limiter = Arc::new(RedisRateLimiter::new(store, OnLoss::Closed));
    let limits = [Limit::new(LimitName::TENANT, AtMost::per_hour(n(1_000)))];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let first = runtime();
        for _ in 0..200 {
            let (limiter, limits) = (limiter.clone(), limits.clone());
            first.spawn(async move {
                loop {
                    // The connection of an earlier runtime is lost, and made anew.
                    let _ = limiter.check(tenant, &limits, ONE).await;
                    tokio::task::yield_now().await;
                }
            });
        }
        first.block_on(eventually("all are on their way", async || {
            let peeked = limiter.peek(tenant, &limits).await;
            peeked.is_ok_and(|decision| decision.binding().remaining() == 0)
        }));
        drop(first);
        runtime().block_on(async {
            eventually("redis decides", async || limiter.peek(tenant, &limits).await.is_ok()).await;
        });
    }
}

/// A caller that is not polled any more does not hold up the others for longer than a deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_half_way_holds_nobody_up() {
    let options = RedisOptions::new().deadline(Duration::from_millis(500));
    let store = RedisStore::open(&variable("REDIS_URL"), options).expect("a good URL");
    let limiter = RedisRateLimiter::new(store, OnLoss::Closed);
    let limits = [Limit::new(LimitName::TENANT, AtMost::per_hour(n(9)))];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        limiter.peek(tenant, &limits).await.expect("a decision");
        let mut stopped = limiter.check(tenant, &limits, ONE);
        std::future::poll_fn(|cx| Poll::Ready(stopped.as_mut().poll(cx).is_pending())).await;
        // One waits for it, in vain; the next ones do not.
        let _late = limiter.check(tenant, &limits, ONE).await;
        for _ in 0..3 {
            let decision = limiter.peek(tenant, &limits).await.expect("a decision");
            assert_eq!(decision.source(), Source::Exact);
        }
        drop(stopped);
        let decision = limiter.check(tenant, &limits, ONE).await.expect("a decision");
        assert!(decision.is_allowed());
    }
}

async fn memory_of(connection: &mut MultiplexedConnection, key: &str) -> u64 {
    let mut command = redis::cmd("MEMORY");
    command.arg("USAGE").arg(key).arg("SAMPLES").arg(0);
    command.query_async(connection).await.expect("a size")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loads_its_scripts_again_when_redis_forgot_them() {
    let limiter = Arc::new(RedisRateLimiter::new(store(), OnLoss::Closed));
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(50)))];
    let mut connection = connection().await;
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let calls: Vec<_> = (0..100)
            .map(|_| {
                let (limiter, limits) = (limiter.clone(), limits.clone());
                tokio::spawn(async move { limiter.check(tenant, &limits, ONE).await })
            })
            .collect();
        let mut admitted = 0;
        for call in calls {
            redis::cmd("SCRIPT")
                .arg("FLUSH")
                .query_async::<()>(&mut connection)
                .await
                .expect("flushed");
            let decision = call.await.expect("no panic").expect("a decision");
            admitted += usize::from(decision.is_allowed());
        }
        assert_eq!(admitted, 50);
    }
}

/// One tenant's key is broken: nobody else notices.
#[tokio::test]
async fn a_foreign_value_under_a_key_is_that_tenants_trouble() {
    let nodes = NonZeroU32::MIN;
    let limiter = RedisRateLimiter::new(store(), OnLoss::LocalShare { nodes });
    let policies = [Policy::from(SlidingLog::per_hour(n(2))), AtMost::per_hour(n(2)).into()];
    let (broken, whole) = (TenantId::generate(), TenantId::generate());
    let mut connection = connection().await;
    let spoils =
        [&["SET", "text"][..], &["SET", "Itenant"], &["RPUSH", "short"], &["HSET", "a", "b"]];
    for (policy, spoil) in policies.iter().flat_map(|policy| spoils.map(|spoil| (*policy, spoil))) {
        let limits = [Limit::new(LimitName::TENANT, policy)];
        limiter.check(broken, &limits, ONE).await.expect("a decision");
        let key = keys_of(broken).await.remove(0);
        redis::cmd("DEL").arg(&key).query_async::<()>(&mut connection).await.expect("gone");
        let mut command = redis::cmd(spoil[0]);
        command
            .arg(&key)
            .arg(&spoil[1..])
            .query_async::<()>(&mut connection)
            .await
            .expect("spoilt");

        let decision = limiter.check(broken, &limits, ONE).await.expect("a decision");
        assert_eq!(decision.source(), Source::LocalShare);
        let decision = limiter.peek(whole, &limits).await.expect("a decision");
        assert_eq!(decision.source(), Source::Exact);
        redis::cmd("DEL").arg(&key).query_async::<()>(&mut connection).await.expect("gone");
    }
}
