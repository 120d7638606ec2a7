//! 50,000 decisions while primaries are killed, failed over, resharded, paused and forget their
//! scripts; `CLUSTER_DECISIONS=1000000` is the long mode.
//!
//! What the two limiters promise then: a strict one holds its envelope over every interval,
//! whatever happens. Another one holds it through all that loses nothing, and when a primary dies
//! admits at most as many more as were admitted in the time that its replica was behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenancy_core::TenantId;
use tenancy_core::limit::{AtMost, Limit, LimitName, Policy, RateLimiter, SlidingLog, TokenBucket};
use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore, StrictRedisRateLimiter};
use tokio::time::sleep;

use super::load::{Load, Tenants};
use crate::contract::limiter::{ONE, n};
use crate::harness::{PrivateCluster, eventually};

fn decisions() -> usize {
    let given = std::env::var("CLUSTER_DECISIONS").ok();
    given.map_or(50_000, |given| given.parse().expect("CLUSTER_DECISIONS is a number"))
}

fn store(cluster: &PrivateCluster) -> RedisStore {
    let options = RedisOptions::new().deadline(Duration::from_millis(200));
    RedisStore::open(&cluster.url(), options).expect("a good URL")
}

/// Tenants on all primaries, and shapes that come back soon after they were closed.
fn tenants() -> Tenants {
    let bucket = TokenBucket::per_second(n(300), n(100)).expect("a good bucket");
    let shapes: [Policy; 3] =
        [bucket.into(), SlidingLog::per_second(n(60)).into(), AtMost::per_second(n(60)).into()];
    let limit = |at: usize| Limit::new(LimitName::TENANT, shapes[at % 3]);
    (0..24).map(|at| (TenantId::generate(), limit(at))).collect()
}

/// What loses nothing that was charged.
async fn shake(cluster: &PrivateCluster, tenants: &[TenantId]) {
    cluster.flush_scripts().await;
    let primary = cluster.owner(tenants[0]).await;
    cluster.fail_over(cluster.replica_of(primary).await).await;
    cluster.settled().await;
    cluster.flush_scripts().await;
    let other = cluster.owner(tenants[23]).await;
    for tenant in &tenants[..10] {
        let from = cluster.owner(*tenant).await;
        if from != other {
            cluster.move_slot(cluster.slot(*tenant).await, from, other).await;
        }
    }
    cluster.settled().await;
    let paused = cluster.owner(tenants[1]).await;
    cluster.pause(paused).await;
    sleep(Duration::from_millis(300)).await;
    cluster.resume(paused).await;
    cluster.settled().await;
}

/// What may lose what was charged last. Returns when.
async fn strike(cluster: &mut PrivateCluster, tenants: &[TenantId]) -> Vec<Instant> {
    let mut losses = Vec::new();
    for tenant in [tenants[2], tenants[3]] {
        let (killed, heir) = with_replica(cluster, tenant).await;
        losses.push(Instant::now());
        cluster.kill(killed).await;
        cluster.took_over(heir).await;
        cluster.start(killed).await;
        cluster.settled().await;
    }
    // Long enough to be held for dead; when it goes on, another one has its slots.
    let (paused, heir) = with_replica(cluster, tenants[4]).await;
    losses.push(Instant::now());
    cluster.pause(paused).await;
    cluster.took_over(heir).await;
    sleep(Duration::from_millis(500)).await;
    cluster.resume(paused).await;
    cluster.settled().await;
    losses
}

async fn with_replica(cluster: &PrivateCluster, tenant: TenantId) -> (usize, usize) {
    let primary = cluster.owner(tenant).await;
    (primary, cluster.replica_of(primary).await)
}

/// Every tenant is served once more: nothing is stuck.
async fn all_are_served(limiter: &Arc<dyn RateLimiter>, tenants: &Tenants) {
    for (tenant, limit) in tenants {
        eventually("the tenant is served again", async || {
            let decision = limiter.check(*tenant, std::slice::from_ref(limit), ONE).await;
            decision.is_ok_and(|decision| decision.is_allowed())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_loses_nothing_changes_no_limit() {
    let cluster = PrivateCluster::running().await;
    let limiter: Arc<dyn RateLimiter> =
        Arc::new(RedisRateLimiter::new(store(&cluster), OnLoss::Closed));
    let tenants = tenants();
    let ids: Vec<_> = tenants.iter().map(|(tenant, _)| *tenant).collect();
    let load = Load::start(&limiter, tenants.clone());
    for _ in 0..2 {
        shake(&cluster, &ids).await;
    }
    let outcome = load.end(decisions()).await;
    let (asked, admitted, excess) = (outcome.asked, outcome.admitted(), outcome.excess());
    println!("{admitted} of {asked} admitted, {excess} above an envelope");
    assert_eq!(excess, 0);
    all_are_served(&limiter, &tenants).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_limiter_holds_its_envelope_whatever_dies() {
    let mut cluster = PrivateCluster::running().await;
    let strict = StrictRedisRateLimiter::open(store(&cluster)).await.expect("it evicts nothing");
    let limiter: Arc<dyn RateLimiter> = Arc::new(strict);
    let tenants = tenants();
    let ids: Vec<_> = tenants.iter().map(|(tenant, _)| *tenant).collect();
    let load = Load::start(&limiter, tenants.clone());
    strike(&mut cluster, &ids).await;
    shake(&cluster, &ids).await;
    let outcome = load.end(decisions()).await;
    let (asked, admitted, excess) = (outcome.asked, outcome.admitted(), outcome.excess());
    println!("{admitted} of {asked} admitted, {excess} above an envelope");
    assert_eq!(excess, 0);
    all_are_served(&limiter, &tenants).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_limiter_forgets_at_most_what_was_not_replicated() {
    let mut cluster = PrivateCluster::running().await;
    let limiter: Arc<dyn RateLimiter> =
        Arc::new(RedisRateLimiter::new(store(&cluster), OnLoss::Closed));
    let tenants = tenants();
    let ids: Vec<_> = tenants.iter().map(|(tenant, _)| *tenant).collect();
    let load = Load::start(&limiter, tenants.clone());
    let losses = strike(&mut cluster, &ids).await;
    let outcome = load.end(decisions()).await;
    // No replica on this machine is a second behind.
    let second = Duration::from_secs(1);
    let lost: u64 = losses
        .iter()
        .map(|at| outcome.admitted_in(at.checked_sub(second).expect("it ran before"), *at))
        .sum();
    let (asked, admitted, excess) = (outcome.asked, outcome.admitted(), outcome.excess());
    println!("{admitted} of {asked} admitted, {excess} above an envelope, at most {lost} expected");
    assert!(excess <= lost, "{excess} of {lost}");
    all_are_served(&limiter, &tenants).await;
}
