//! What does a decision in memory cost, beside governor? It guards the ratios to governor's direct
//! and keyed limiters.
//!
//! By key the same is asked of both: a tenant and a subject are looked up, the time is read, and
//! one call is charged; ours answers where the limit stands. A handle is held against a direct
//! limiter. Both read the time from the processor's counter. `ours_future` goes through the boxed
//! future of `check`, which a limiter that asks a server needs.

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
use tenancy_core::{CounterClock, TenantId};

const ONE: NonZeroU32 = NonZeroU32::MIN;
const TENANTS: usize = 10_000;
const SUBJECTS: [&str; 3] = ["tenant", "user_17", "reports"];

type Key = (TenantId, &'static str);

/// As much as anybody can ask for: the log is busy, and nothing is refused.
fn plenty() -> SlidingLog {
    SlidingLog::new(SlidingLog::MAX_N, Duration::from_millis(1)).expect("a good policy")
}

fn limiter() -> Arc<MemoryRateLimiter> {
    Arc::new(MemoryRateLimiter::new(Arc::new(CounterClock::new())))
}

/// The shape that is next to governor's: one level, and what time gives back.
fn wide_bucket() -> Policy {
    let million = NonZeroU32::new(1_000_000).expect("not zero");
    TokenBucket::new(million, million, Duration::from_millis(1)).expect("a good policy").into()
}

fn keyed(quota: Quota) -> DefaultKeyedRateLimiter<Key> {
    DefaultKeyedRateLimiter::keyed(quota)
}

fn is_allowed(limiter: &dyn RateLimiter, tenant: TenantId, limits: &[Limit]) -> bool {
    let decision = limiter.try_local(tenant, limits, ONE).expect("memory answers at once");
    decision.expect("a decision").is_allowed()
}

fn is_allowed_later(limiter: &dyn RateLimiter, tenant: TenantId, limits: &[Limit]) -> bool {
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
    group.bench_function("ours_future", |b| {
        b.iter(|| assert!(is_allowed_later(&*ours, black_box(tenant), &limits)));
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

fn shapes(group: &mut BenchmarkGroup<'_, WallTime>) {
    let at_most = AtMost::new(NonZeroU32::MAX, Duration::from_mins(1)).expect("a good policy");
    for (name, policy) in [("ours_bucket", wide_bucket()), ("ours_at_most", at_most.into())] {
        let (tenant, limits) = (TenantId::generate(), [Limit::new(LimitName::TENANT, policy)]);
        let ours = limiter();
        group.bench_function(name, |b| {
            b.iter(|| assert!(is_allowed(&*ours, black_box(tenant), &limits)));
        });
    }
}

fn handles(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (tenant, ours) = (TenantId::generate(), limiter());
    let limits = SUBJECTS
        .map(|subject| Limit::new(LimitName::PRINCIPAL, wide_bucket()).for_subject(subject));
    for (name, limits) in [("ours_handle", &limits[..1]), ("ours_handle_three", &limits)] {
        let handle = ours.handle(tenant, &Arc::from(limits)).expect("a handle");
        group.bench_function(name, |b| {
            b.iter(|| assert!(black_box(&handle).check(ONE).is_admitted()));
        });
    }
    // It charges the first limits also when a later one refuses.
    let quota = Quota::per_second(NonZeroU32::MAX);
    let peers = SUBJECTS.map(|_| DefaultDirectRateLimiter::direct(quota));
    group.bench_function("governor_direct_three", |b| {
        b.iter(|| {
            for peer in black_box(&peers) {
                assert!(peer.check().is_ok());
            }
        });
    });
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
    shapes(&mut group);
    handles(&mut group);
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
