//! A part of the cluster is away: the other tenants notice nothing.

use std::time::{Duration, Instant};

use tenancy_core::limit::{Limit, LimitName, RateLimiter, SlidingLog, Source};
use tenancy_core::usage::{Meter, Month, UsageMeter};
use tenancy_core::{ErrorKind, SystemClock, TenantId};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore, RedisUsageMeter};

use crate::contract::limiter::{ONE, n};
use crate::harness::{PrivateCluster, eventually};

/// What a machine under load may add to a deadline of 50 ms.
const SOON: Duration = Duration::from_millis(1_500);

fn per_hour(count: u32) -> [Limit; 1] {
    [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(count)))]
}

/// A tenant of each primary, by the primary.
async fn tenants(cluster: &PrivateCluster) -> [TenantId; 3] {
    let mut found = [None; 3];
    while found.contains(&None) {
        let tenant = TenantId::generate();
        let owner = cluster.owner(tenant).await;
        found[owner].get_or_insert(tenant);
    }
    found.map(|tenant| tenant.expect("one of each"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_gone_is_missed_by_its_own_tenants_alone() {
    let mut cluster = PrivateCluster::running().await;
    let store = RedisStore::open(&cluster.url(), RedisOptions::new()).expect("a good URL");
    let limiter = RedisRateLimiter::new(store.clone(), OnLoss::Closed);
    let meter = RedisUsageMeter::new(store.clone());
    let tenants = tenants(&cluster).await;
    let decide = async |tenant: TenantId| limiter.check(tenant, &per_hour(100_000), ONE).await;
    for tenant in tenants {
        eventually("it is connected", async || decide(tenant).await.is_ok()).await;
    }

    // Without its replica nobody takes over.
    let replica = cluster.replica_of(0).await;
    cluster.kill(replica).await;
    cluster.kill(0).await;
    let [gone, here, there] = tenants;
    for call in 0..200 {
        let start = Instant::now();
        let error = decide(gone).await.expect_err("its server is gone");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(start.elapsed() < SOON, "call {call} took {:?}", start.elapsed());
    }
    let (mut exact, mut refused) = (0, 0);
    for tenant in [here, there].into_iter().cycle().take(200) {
        match decide(tenant).await {
            Ok(decision) if decision.source() == Source::Exact => exact += 1,
            _ => refused += 1,
        }
        assert!(decide(gone).await.is_err());
    }
    // A machine under load is late now and then.
    assert!(exact >= 190, "{exact} decided, {refused} not");
    store.ping().await.expect("some of it answers");

    // Counts wait for their server as long as they have patience, and then say that they are lost.
    let error = meter.record(gone, &[(Meter::API_CALLS, 1)]).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    meter.record(here, &[(Meter::API_CALLS, 1)]).await.expect("it counts");

    cluster.start(0).await;
    cluster.start(replica).await;
    eventually("all decide again", async || decide(gone).await.is_ok()).await;
    let month = Month::current(&SystemClock);
    let counted = meter.usage(here, month).await.expect("it is read");
    assert_eq!(counted.of(&Meter::API_CALLS), 1);
}

/// A replica takes over: calls follow, and a count that waited is not lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_follow_to_the_replica_that_takes_over() {
    let mut cluster = PrivateCluster::running().await;
    let options = RedisOptions::new().patience(Duration::from_secs(20));
    let store = RedisStore::open(&cluster.url(), options).expect("a good URL");
    let limiter = RedisRateLimiter::new(store.clone(), OnLoss::Closed);
    let meter = RedisUsageMeter::new(store);
    let tenants = tenants(&cluster).await;
    for tenant in tenants {
        eventually("it is connected", async || {
            limiter.check(tenant, &per_hour(1_000_000), ONE).await.is_ok()
        })
        .await;
    }
    let replica = cluster.replica_of(1).await;
    cluster.kill(1).await;
    let error = limiter.check(tenants[1], &per_hour(1_000_000), ONE).await;
    assert_eq!(error.expect_err("it was killed").kind(), ErrorKind::Unavailable);
    // Sent while nobody has the slot: it is known that it was not sent before.
    meter.record(tenants[1], &[(Meter::API_CALLS, 3)]).await.expect("it counts in the end");
    cluster.took_over(replica).await;
    let month = Month::current(&SystemClock);
    let counted = meter.usage(tenants[1], month).await.expect("it is read");
    assert_eq!(counted.of(&Meter::API_CALLS), 3);
    for tenant in tenants {
        let decision = limiter.check(tenant, &per_hour(1_000_000), ONE).await;
        assert_eq!(decision.expect("a decision").source(), Source::Exact);
    }
}

#[tokio::test]
async fn a_cluster_that_is_not_there_says_so_and_hangs_nobody() {
    let cluster = PrivateCluster::running().await;
    let url = cluster.url();
    drop(cluster);
    let store = RedisStore::open(&url, RedisOptions::new()).expect("a good URL");
    let limiter = RedisRateLimiter::new(store.clone(), OnLoss::LocalShare { nodes: n(2) });
    let start = Instant::now();
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let mut admitted = 0;
        for _ in 0..100 {
            let decision = limiter.check(tenant, &per_hour(10), ONE).await.expect("a decision");
            assert_eq!(decision.source(), Source::LocalShare);
            admitted += u32::from(decision.is_allowed());
        }
        assert_eq!(admitted, 5, "a share of one node of two");
    }
    // One of them waited for a deadline, not each.
    assert!(start.elapsed() < 2 * SOON, "200 decisions took {:?}", start.elapsed());
    assert_eq!(store.ping().await.expect_err("gone").kind(), ErrorKind::Unavailable);
}
