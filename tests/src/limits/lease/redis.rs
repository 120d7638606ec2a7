//! Several nodes over one Redis, which is killed, forgets, and is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tenancy_core::limit::lease::{LeaseTerms, LeasedRateLimiter, SystemSteadyClock};
use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, TokenBucket};
use tenancy_core::{ErrorKind, SystemClock, TenantId};
use tenancy_redis::{RedisLeaseBooks, RedisOptions, RedisStore};

use super::books::Watched;
use crate::contract::limiter::{ONE, n};
use crate::harness::{PrivateRedis, variable};

type Books = Arc<Watched<RedisLeaseBooks>>;
type Node = Arc<LeasedRateLimiter<MemoryRateLimiter>>;

fn node(url: &str, strict: bool, terms: LeaseTerms) -> (Node, Books) {
    let options = RedisOptions::new().deadline(Duration::from_secs(2));
    let books = RedisLeaseBooks::new(RedisStore::open(url, options).expect("a good URL"));
    let books = Arc::new(Watched::new(if strict { books.strict() } else { books }));
    let others = MemoryRateLimiter::new(Arc::new(SystemClock));
    let clock = Arc::new(SystemSteadyClock);
    let limiter = LeasedRateLimiter::with(books.clone(), others, terms, clock);
    (Arc::new(limiter), books)
}

fn limit(burst: u32, per_second: u32) -> Vec<Limit> {
    let bucket = TokenBucket::per_second(n(burst), n(per_second)).expect("a good bucket");
    vec![Limit::new(LimitName::TENANT, bucket)]
}

/// Calls of all nodes at once until a moment, with what was admitted and what was asked.
async fn load(nodes: &[Node], tenant: TenantId, limits: &[Limit], until: Instant) -> (u64, u64) {
    let (admitted, asked) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let tasks: Vec<_> = nodes
        .iter()
        .map(|node| {
            let (node, limits) = (node.clone(), limits.to_vec());
            let (admitted, asked) = (admitted.clone(), asked.clone());
            tokio::spawn(async move {
                while Instant::now() < until {
                    for _ in 0..50 {
                        asked.fetch_add(1, Ordering::Relaxed);
                        if let Ok(decision) = node.check(tenant, &limits, ONE).await
                            && decision.is_allowed()
                        {
                            admitted.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    (admitted.load(Ordering::SeqCst), asked.load(Ordering::SeqCst))
}

/// What the envelope allows since a moment; a little longer than the load took.
fn most(limits: &[Limit], since: Instant) -> u64 {
    limits[0].policy().envelope().at_most_in(since.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_nodes_admit_no_more_than_the_envelope_and_nearly_all_of_it() {
    let nodes: Vec<_> =
        (0..8).map(|_| node(&variable("REDIS_URL"), false, LeaseTerms::DEFAULT)).collect();
    let limiters: Vec<Node> = nodes.iter().map(|(limiter, _)| limiter.clone()).collect();
    let limits = limit(20_000, 20_000);
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let (start, before) =
            (Instant::now(), nodes.iter().map(|(_, books)| books.asked()).sum::<u64>());
        let (admitted, asked) =
            load(&limiters, tenant, &limits, start + Duration::from_secs(2)).await;
        let most = most(&limits, start);
        let calls = nodes.iter().map(|(_, books)| books.asked()).sum::<u64>() - before;
        println!("{admitted} of {most} admitted, {calls} requests to redis for {asked} decisions");
        assert!(admitted <= most, "{admitted} of {most}");
        if asked > most {
            assert!(admitted * 100 >= most * 85, "{admitted} of {most}");
        }
    }
    for (limiter, _) in &nodes {
        limiter.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_redis_that_lost_all_admits_no_more_than_the_envelope() {
    let mut redis = PrivateRedis::running().await;
    let terms =
        LeaseTerms::new(Duration::from_millis(200), Duration::from_millis(20)).expect("terms");
    let nodes: Vec<Node> = (0..4).map(|_| node(&redis.url(), true, terms).0).collect();
    let limits = limit(2_000, 1_000);
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let (start, until) = (Instant::now(), Instant::now() + Duration::from_secs(3));
        let running = {
            let (nodes, limits) = (nodes.clone(), limits.clone());
            tokio::spawn(async move { load(&nodes, tenant, &limits, until).await })
        };
        for wait in [900, 700] {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            redis.kill().await;
            redis.start(&[]).await;
        }
        let (admitted, _) = running.await.expect("no panic");
        let most = most(&limits, start);
        println!("{admitted} of {most} admitted while redis was killed twice");
        assert!(admitted <= most, "{admitted} of {most}");
        // A tenant that is new begins without its burst, and each kill costs what was in it.
        assert!(admitted > 300, "{admitted} of {most}");
    }
}

#[tokio::test]
async fn without_redis_nothing_is_admitted_and_it_says_so() {
    let redis = PrivateRedis::stopped().await;
    let (limiter, _) = node(&redis.url(), false, LeaseTerms::DEFAULT);
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let error = limiter.check(tenant, &limit(100, 1), ONE).await.expect_err("no books");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(!error.to_string().contains(&tenant.to_string()), "{error}");
    }
}
