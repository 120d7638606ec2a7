//! A request finds the server that has its keys.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::limit::lease::{LeaseTerms, LeasedRateLimiter, SystemSteadyClock};
use tenancy_core::limit::{
    AtMost, Call, ChargeId, Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog, Source,
    TokenBucket,
};
use tenancy_core::{
    BusEvent, ErrorKind, Invalidation, InvalidationBus as _, SystemClock, TenantId,
};
use tenancy_redis::{
    OnLoss, RedisInvalidationBus, RedisLeaseBooks, RedisOptions, RedisRateLimiter, RedisStore,
};

use super::contracts::store;
use crate::contract::limiter::{ONE, n};
use crate::harness::{address, eventually, variable};

fn seeds() -> Vec<String> {
    address(&variable("REDIS_CLUSTER_URL")).split(',').map(str::to_owned).collect()
}

async fn ask<T: redis::FromRedisValue>(server: &str, words: &[&str]) -> T {
    let client = redis::Client::open(format!("redis://{server}")).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("it listens");
    redis::cmd(words[0]).arg(&words[1..]).query_async(&mut connection).await.expect("an answer")
}

/// How many keys of a tenant each primary has.
async fn keys_at(tenant: TenantId) -> Vec<usize> {
    let mut counts = Vec::new();
    for server in seeds() {
        let keys: Vec<String> = ask(&server, &["KEYS", &format!("tn:{{{tenant}}}:*")]).await;
        counts.push(keys.len());
    }
    counts
}

/// Many tenants at once: each batch is of one slot, and each answer is that of its own call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_parted_by_slot() {
    let limiter = Arc::new(RedisRateLimiter::new(store(), OnLoss::Closed));
    let tenants: Vec<_> = (0..48).map(|_| TenantId::generate()).collect();
    let calls: Vec<_> = (0..48 * 20)
        .map(|call| {
            let (limiter, tenant) = (limiter.clone(), tenants[call % 48]);
            // Each tenant has a limit of its own: a mixed-up answer would say so.
            let most = n(3 + u32::try_from(call % 48).expect("few") % 7);
            let limits = vec![
                Limit::new(LimitName::TENANT, SlidingLog::per_hour(most)),
                Limit::new(LimitName::PRINCIPAL, AtMost::per_hour(n(1_000))).for_subject("{a}{b}"),
            ];
            tokio::spawn(async move {
                let call_of = Call::charge(ONE).with_id(ChargeId::generate());
                (call % 48, limiter.decide(tenant, &limits, call_of).await.expect("a decision"))
            })
        })
        .collect();
    let mut admitted = [0_u32; 48];
    for call in calls {
        let (tenant, decision) = call.await.expect("no panic");
        assert_eq!(decision.source(), Source::Exact);
        let most = 3 + u32::try_from(tenant).expect("few") % 7;
        assert_eq!(decision.limits().next().expect("one").policy().n().get(), most);
        admitted[tenant] += u32::from(decision.is_allowed());
    }
    for (tenant, admitted) in admitted.iter().enumerate() {
        assert_eq!(*admitted, 3 + u32::try_from(tenant).expect("few") % 7);
    }
    let mut served = [0; 3];
    for tenant in &tenants {
        let keys = keys_at(*tenant).await;
        assert_eq!(keys.iter().filter(|count| **count > 0).count(), 1, "{keys:?}: one server");
        for (sum, count) in served.iter_mut().zip(keys) {
            *sum += count;
        }
    }
    assert!(served.iter().all(|keys| *keys > 0), "{served:?}: all primaries have a part");
}

/// Scripts are not shared by the servers of a cluster, and each may forget them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_are_loaded_on_every_node_and_again_when_one_forgot_them() {
    let limiter = RedisRateLimiter::new(store(), OnLoss::Closed);
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(5)))];
    let tenants: Vec<_> = (0..12).map(|_| TenantId::generate()).collect();
    for round in 0..8_u32 {
        for server in seeds() {
            let _: String = ask(&server, &["SCRIPT", "FLUSH"]).await;
        }
        for tenant in &tenants {
            let decision = limiter.check(*tenant, &limits, ONE).await.expect("a decision");
            assert_eq!((decision.is_allowed(), decision.source()), (round < 5, Source::Exact));
        }
    }
}

/// One server of a cluster cannot serve all tenants: that is said, not half done.
#[tokio::test]
async fn a_server_of_a_cluster_is_not_taken_for_a_redis() {
    let url = format!("redis://{}", seeds()[0]);
    let options = RedisOptions::new().deadline(Duration::from_secs(10));
    let store = RedisStore::open(&url, options).expect("a good URL");
    let limiter = RedisRateLimiter::new(store, OnLoss::Closed);
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(5)))];
    let mut refused = 0;
    for _ in 0..30 {
        match limiter.check(TenantId::generate(), &limits, ONE).await {
            Ok(decision) => assert!(decision.is_allowed()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error:?}");
                let source = std::error::Error::source(&error).expect("it says why");
                assert!(source.to_string().contains("redis-cluster://"), "{source}");
                refused += 1;
            }
        }
    }
    assert!((1..30).contains(&refused), "{refused} of 30 are elsewhere");
}

#[tokio::test]
async fn a_url_of_a_cluster_is_read_or_refused_and_never_repeated() {
    let hidden = "tr0ub4dor";
    for url in ["redis-cluster://", "redis-cluster://:{}@a:1,b:x", "redis-cluster://:{}@a:1/3"] {
        let error = RedisStore::open(&url.replace("{}", hidden), RedisOptions::new());
        let error = error.expect_err("no URL of ours");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!format!("{error} {error:?}").contains(hidden), "{error:?}");
    }
    let url = format!("redis-cluster://:{hidden}@127.0.0.1:1,127.0.0.1:2");
    let store = RedisStore::open(&url, RedisOptions::new()).expect("a good URL");
    for _ in 0..2 {
        let error = store.ping().await.expect_err("nothing is there");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(!format!("{error:?} {store:?}").contains(hidden), "{error:?}");
    }
}

/// What is published to one server is heard by those who listen to another one.
#[tokio::test]
async fn changes_of_the_directory_reach_every_node() {
    let buses = [(); 4].map(|()| RedisInvalidationBus::open(store()));
    let mut events = buses.each_ref().map(RedisInvalidationBus::subscribe);
    for events in &mut events {
        while !matches!(events.recv().await.expect("a gap"), BusEvent::Gap) {}
    }
    for from in &buses {
        let change = Invalidation { tenant: TenantId::generate(), version: 3, keys: Vec::new() };
        from.publish(&change).await.expect("it is sent");
        for events in &mut events {
            let heard = |event| matches!(event, BusEvent::Invalidated(heard) if *heard == change);
            while !heard(events.recv().await.expect("a message")) {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_of_nodes_keep_to_the_bucket() {
    let node = || {
        let books = RedisLeaseBooks::new(store()).strict();
        let others = MemoryRateLimiter::new(Arc::new(SystemClock));
        let clock = Arc::new(SystemSteadyClock);
        let terms =
            LeaseTerms::new(Duration::from_millis(200), Duration::from_millis(20)).expect("terms");
        LeasedRateLimiter::with(Arc::new(books), others, terms, clock)
    };
    let nodes = [node(), node(), node()];
    let bucket = TokenBucket::per_second(n(500), n(500)).expect("a good bucket");
    let limits = [Limit::new(LimitName::TENANT, bucket)];
    for _ in 0..6 {
        let (tenant, start) = (TenantId::generate(), tokio::time::Instant::now());
        let mut admitted = 0_u64;
        // A tenant that is new begins with an empty bucket.
        eventually("enough is admitted", async || {
            for node in &nodes {
                let decision = node.check(tenant, &limits, ONE).await.expect("a decision");
                admitted += u64::from(decision.is_allowed());
            }
            admitted > 100
        })
        .await;
        let most = bucket.envelope().at_most_in(start.elapsed());
        assert!(admitted <= most, "{admitted} of {most}");
    }
    for node in &nodes {
        node.shut_down().await;
    }
}
