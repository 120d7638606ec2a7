//! What does a tenant's cached value cost, of 100,000 in memory, beside a bare cache of that size?

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, criterion_group, criterion_main};
use moka::sync::Cache;
use tenancy_core::{CacheName, MemoryCacheStore, TenantCache, TenantCacheOptions, TenantId};

const VALUES: usize = 100_000;
/// Coprime to the number of values: each turn asks for another one, far from the last.
const STRIDE: usize = 7_919;

/// Returns what a future that need not wait comes to.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("what is in memory is there at once"),
    }
}

/// Calls a function with the numbers of values, all over.
fn turns(mut run: impl FnMut(usize)) -> impl FnMut() {
    let mut number = 0;
    move || {
        number = (number + STRIDE) % VALUES;
        run(number);
    }
}

fn cache(c: &mut Criterion) {
    let keys: Vec<_> = (0..VALUES)
        .map(|number| (TenantId::generate(), format!("menu of day {}", number % 31)))
        .collect();
    let bare = Cache::new(2 * VALUES as u64);
    let store = MemoryCacheStore::new(CacheName::from_static("menus"), 2 * VALUES as u64);
    let ours: TenantCache<String> = TenantCache::new(store, TenantCacheOptions::new());
    for key in &keys {
        let value = Arc::new(key.1.clone());
        bare.insert(key.clone(), value.clone());
        at_once(ours.put(key.0, &key.1, value)).expect("it is put");
    }
    let mut group = c.benchmark_group("edge_cache");
    group.bench_function("bare_moka", |b| {
        b.iter(turns(|number| {
            black_box(bare.get(&keys[number]).expect("a value"));
        }));
    });
    group.bench_function("ours", |b| {
        b.iter(turns(|number| {
            let (tenant, key) = &keys[number];
            let load = || async { unreachable!("all are there") };
            black_box(at_once(ours.get_or_load(*tenant, key, load)).expect("a value"));
        }));
    });
    group.finish();
}

criterion_group!(benches, cache);
criterion_main!(benches);
