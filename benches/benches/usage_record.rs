//! What does counting cost, beside a bare atomic add? It guards what a count adds to a request.
//!
//! A handle is what a hot path keeps; by key a tenant and a series are looked up, and the time is
//! read. The last pair adds from two threads at once, where one atomic number is fought over.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tenancy_core::usage::{MemoryUsageMeter, Meter, Series, UsageRecorder};
use tenancy_core::{SystemClock, TenantId};

const TENANTS: usize = 10_000;

fn recorder() -> UsageRecorder {
    let clock = Arc::new(SystemClock);
    UsageRecorder::new(Arc::new(MemoryUsageMeter::new(clock.clone())), clock)
}

/// The time of `times` calls on each of two threads, side by side.
fn on_two_threads(times: u64, call: impl Fn() + Sync) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..times).for_each(|_| call()));
        }
    });
    start.elapsed()
}

fn usage_record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("usage_record");
    let (recorder, series) = (recorder(), Series::from(Meter::API_CALLS));
    let counter = recorder.counter(TenantId::generate(), &series);
    let atomic = AtomicU64::new(0);

    group.bench_function("atomic", |b| {
        b.iter(|| black_box(&atomic).fetch_add(black_box(1), Ordering::Relaxed));
    });
    group.bench_function("handle", |b| b.iter(|| black_box(&counter).add(black_box(1))));
    group.bench_function("atomic_two_threads", |b| {
        b.iter_custom(|times| {
            on_two_threads(times, || {
                black_box(&atomic).fetch_add(black_box(1), Ordering::Relaxed);
            })
        });
    });
    group.bench_function("handle_two_threads", |b| {
        b.iter_custom(|times| on_two_threads(times, || black_box(&counter).add(black_box(1))));
    });

    let tenants: Vec<_> = (0..TENANTS).map(|_| TenantId::generate()).collect();
    let mut next = tenants.iter().cycle();
    group.bench_function("by_key", |b| {
        b.iter(|| recorder.count(*next.next().expect("endless"), black_box(&series), 1));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = usage_record
}
criterion_main!(benches);
