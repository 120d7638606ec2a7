//! What does a decision cost in memory, beside governor? It guards the ratio to governor's keyed
//! limiter.
//!
//! The same is asked of both: a tenant and a subject are looked up, the time is read, and one
//! call is charged. Ours goes through `dyn RateLimiter` and its boxed future, as applications do,
//! and keeps an exact log where governor keeps one number.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota};
use tenancy_core::limit::{
    AtMost, Limit, LimitName, MemoryRateLimiter, Policy, RateLimiter, SlidingLog, TokenBucket,
};
use tenancy_core::{SystemClock, TenantId};

const ONE: NonZeroU32 = NonZeroU32::MIN;
const TENANTS: usize = 10_000;

type Key = (TenantId, &'static str);

/// As much as anybody can ask for: the log is busy, and nothing is refused.
fn plenty() -> SlidingLog {
    SlidingLog::new(SlidingLog::MAX_N, Duration::from_millis(1)).expect("a good policy")
}

fn limiter() -> Arc<dyn RateLimiter> {
    Arc::new(MemoryRateLimiter::new(Arc::new(SystemClock)))
}

fn keyed(quota: Quota) -> DefaultKeyedRateLimiter<Key> {
    DefaultKeyedRateLimiter::keyed(quota)
}

fn is_allowed(limiter: &dyn RateLimiter, tenant: TenantId, limits: &[Limit]) -> bool {
    let mut decision = pin!(limiter.check(tenant, limits, ONE));
    match decision.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(decision) => decision.expect("a decision").is_allowed(),
        Poll::Pending => unreachable!("memory answers at once"),
    }
}

fn hot(group: &mut BenchmarkGroup<'_, WallTime>) {
    let tenant = TenantId::generate();
    let limits = [Limit::new(LimitName::TENANT, plenty())];
    let ours = limiter();
    group.bench_function("ours_hot", |b| {
        b.iter(|| assert!(is_allowed(&*ours, black_box(tenant), &limits)));
    });

    let quota = Quota::per_second(NonZeroU32::MAX);
    let peer = keyed(quota);
    group.bench_function("governor_keyed_hot", |b| {
        b.iter(|| assert!(peer.check_key(black_box(&(tenant, "tenant"))).is_ok()));
    });
    let peer = DefaultDirectRateLimiter::direct(quota);
    group.bench_function("governor_direct", |b| {
        b.iter(|| assert!(black_box(&peer).check().is_ok()));
    });
}

/// The shape that is next to governor's: one level, and what time gives back.
fn bucket(group: &mut BenchmarkGroup<'_, WallTime>) {
    let million = NonZeroU32::new(1_000_000).expect("not zero");
    let bucket = TokenBucket::new(million, million, Duration::from_millis(1));
    let at_most = AtMost::new(NonZeroU32::MAX, Duration::from_mins(1));
    for (name, policy) in [
        ("ours_bucket_hot", Policy::from(bucket.expect("a good policy"))),
        ("ours_at_most_hot", Policy::from(at_most.expect("a good policy"))),
    ] {
        let (tenant, limits) = (TenantId::generate(), [Limit::new(LimitName::TENANT, policy)]);
        let ours = limiter();
        group.bench_function(name, |b| {
            b.iter(|| {
                let decision = ours.try_local(black_box(tenant), &limits, ONE);
                assert!(decision.expect("at once").expect("a decision").is_allowed());
            });
        });
    }
}

fn refused(group: &mut BenchmarkGroup<'_, WallTime>) {
    let tenant = TenantId::generate();
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(ONE))];
    let ours = limiter();
    is_allowed(&*ours, tenant, &limits);
    group.bench_function("ours_refused", |b| {
        b.iter(|| assert!(!is_allowed(&*ours, black_box(tenant), &limits)));
    });

    let peer = keyed(Quota::per_hour(ONE));
    let _used = peer.check_key(&(tenant, "tenant"));
    group.bench_function("governor_keyed_refused", |b| {
        b.iter(|| assert!(peer.check_key(black_box(&(tenant, "tenant"))).is_err()));
    });
}

fn tenants(group: &mut BenchmarkGroup<'_, WallTime>) {
    let tenants: Vec<_> = (0..TENANTS).map(|_| TenantId::generate()).collect();
    let limits = [Limit::new(LimitName::TENANT, plenty())];
    let ours = limiter();
    let mut next = tenants.iter().cycle();
    group.bench_function("ours_tenants", |b| {
        b.iter(|| is_allowed(&*ours, *next.next().expect("endless"), &limits));
    });

    let peer = keyed(Quota::per_second(NonZeroU32::MAX));
    let mut next = tenants.iter().cycle();
    group.bench_function("governor_keyed_tenants", |b| {
        b.iter(|| peer.check_key(&(*next.next().expect("endless"), "tenant")).is_ok());
    });
}

fn three(group: &mut BenchmarkGroup<'_, WallTime>) {
    const SUBJECTS: [&str; 3] = ["tenant", "user_17", "reports"];
    let tenant = TenantId::generate();
    let limits = [
        Limit::new(LimitName::TENANT, plenty()),
        Limit::new(LimitName::PRINCIPAL, plenty()).for_subject(SUBJECTS[1]),
        Limit::new(LimitName::from_static("route"), plenty()).for_subject(SUBJECTS[2]),
    ];
    let ours = limiter();
    group.bench_function("ours_three", |b| {
        b.iter(|| assert!(is_allowed(&*ours, black_box(tenant), &limits)));
    });

    // It charges the first limits also when a later one refuses.
    let peers = SUBJECTS.map(|_| keyed(Quota::per_second(NonZeroU32::MAX)));
    group.bench_function("governor_keyed_three", |b| {
        b.iter(|| {
            for (peer, subject) in peers.iter().zip(SUBJECTS) {
                assert!(peer.check_key(black_box(&(tenant, subject))).is_ok());
            }
        });
    });
}

fn limits_memory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("limits_memory");
    hot(&mut group);
    bucket(&mut group);
    refused(&mut group);
    tenants(&mut group);
    three(&mut group);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = limits_memory
}
criterion_main!(benches);
