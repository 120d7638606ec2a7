//! What does a decision cost where tokens were taken ahead, how seldom is Redis asked, and how much
//! of a limit do eight nodes leave unused? It guards five million decisions a second on two
//! threads, one request for a thousand decisions, nothing above the limit, and 5 % below it.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use governor::{DefaultKeyedRateLimiter, Quota};
use tenancy_benches::record;
use tenancy_core::limit::lease::{LeaseAsk, LeaseBooks, LeaseGrant, LeaseTerms, LeasedRateLimiter};
use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, TokenBucket};
use tenancy_core::{Error, SystemClock, TenantId};
use tenancy_redis::{RedisLeaseBooks, RedisOptions, RedisStore};
use tokio::runtime::{Builder, Runtime};

const ONE: NonZeroU32 = NonZeroU32::MIN;
const HOT: usize = 8;

/// Books in Redis, and how often they are asked.
struct Counted {
    books: RedisLeaseBooks,
    asked: AtomicU64,
}

#[async_trait::async_trait]
impl LeaseBooks for Counted {
    async fn renew(
        &self,
        tenant: TenantId,
        terms: LeaseTerms,
        asks: &[LeaseAsk],
    ) -> Result<Vec<Option<LeaseGrant>>, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.books.renew(tenant, terms, asks).await
    }
}

type Node = LeasedRateLimiter<MemoryRateLimiter>;

fn node() -> (Arc<Node>, Arc<Counted>) {
    let url = std::env::var("REDIS_URL").expect("REDIS_URL is set: start this with benches/run");
    let options = RedisOptions::new().deadline(Duration::from_secs(5));
    let store = RedisStore::open(&url, options).expect("a good URL");
    let books = Arc::new(Counted { books: RedisLeaseBooks::new(store), asked: AtomicU64::new(0) });
    let node = LeasedRateLimiter::new(books.clone(), MemoryRateLimiter::new(Arc::new(SystemClock)));
    (Arc::new(node), books)
}

fn limit(burst: u32, per_second: u32) -> [Limit; 1] {
    let n = |n| NonZeroU32::new(n).expect("not zero");
    let bucket = TokenBucket::per_second(n(burst), n(per_second)).expect("a good bucket");
    [Limit::new(LimitName::TENANT, bucket)]
}

/// Decides here, or waits for the books; tells whether it was admitted.
fn decide(runtime: &Runtime, node: &Node, tenant: TenantId, limits: &[Limit]) -> bool {
    let decision = match node.try_local(tenant, limits, ONE) {
        Some(decision) => decision,
        None => runtime.block_on(node.check(tenant, limits, ONE)),
    };
    decision.expect("a decision").is_allowed()
}

/// The time that two threads take for so many calls together.
fn on_two_threads(calls: u64, call: impl Fn(usize) + Sync) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for first in 0..2 {
            let call = &call;
            scope.spawn(move || {
                for at in 0..calls / 2 {
                    call(usize::try_from(at).unwrap_or(0) + first * HOT / 2);
                }
            });
        }
    });
    start.elapsed()
}

fn hot_keys(criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("limits_lease");
    let tenants: Vec<_> = (0..HOT).map(|_| TenantId::generate()).collect();
    let limits = limit(400_000_000, 400_000_000);
    let (node, books) = node();
    let decisions = AtomicU64::new(0);
    group.bench_function("ours_two_threads", |b| {
        b.iter_custom(|calls| {
            decisions.fetch_add(calls, Ordering::Relaxed);
            on_two_threads(calls, |at| {
                let tenant = black_box(tenants[at % HOT]);
                assert!(decide(runtime, &node, tenant, &limits));
            })
        });
    });
    let asked = books.asked.load(Ordering::Relaxed);
    let each = decisions.load(Ordering::Relaxed);
    #[expect(clippy::cast_precision_loss, reason = "a figure to be shown")]
    let asked = asked as f64 * 1_000.0 / each as f64;
    record("limits_lease/asked_per_thousand", &[asked]).expect("a folder");
    // The time of a call at five million a second.
    record("limits_lease/five_million", &[200.0]).expect("a folder");

    let quota = Quota::per_second(NonZeroU32::MAX);
    let peer = DefaultKeyedRateLimiter::<(TenantId, &str)>::keyed(quota);
    group.bench_function("governor_keyed_two_threads", |b| {
        b.iter_custom(|calls| {
            on_two_threads(calls, |at| {
                assert!(peer.check_key(black_box(&(tenants[at % HOT], "tenant"))).is_ok());
            })
        });
    });
    group.finish();
    runtime.block_on(node.shut_down());
}

/// Eight nodes that are all asked alike, for more than there is.
fn eight_nodes(runtime: &Runtime) {
    const BURST: u32 = 50_000;
    let limits = limit(BURST, 50_000);
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let nodes: Vec<_> = (0..8).map(|_| node().0).collect();
        let tenant = TenantId::generate();
        let (start, mut admitted) = (Instant::now(), 0_u64);
        while start.elapsed() < Duration::from_secs(2) {
            for node in &nodes {
                admitted += u64::from(decide(runtime, node, tenant, &limits));
            }
        }
        let most = limits[0].policy().envelope().at_most_in(start.elapsed());
        let percent = |count: u64| {
            f64::from(u32::try_from(count).unwrap_or(u32::MAX)) * 100.0 / f64::from(BURST)
        };
        above.push(percent(admitted.saturating_sub(most)));
        below.push(percent(most.saturating_sub(admitted)));
        for node in &nodes {
            runtime.block_on(node.shut_down());
        }
    }
    println!("limits_lease: % of the burst above the envelope {above:?}, below it {below:?}");
    // The worst: nobody on the machine makes these better.
    for (name, rounds) in [("above", above), ("below", below)] {
        let worst = rounds.into_iter().fold(0.0, f64::max);
        record(&format!("limits_lease/eight_nodes_{name}"), &[worst]).expect("a folder");
    }
}

fn limits_lease(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    hot_keys(criterion, &runtime);
    eight_nodes(&runtime);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = limits_lease
}
criterion_main!(benches);
