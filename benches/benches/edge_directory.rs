//! What does a directory that remembers 100,000 tenants cost, beside a bare cache of that size?
//! And what does the chain add, that reads a header or a host first?

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, criterion_group, criterion_main};
use http::request::Parts;
use moka::sync::Cache;
use tenancy_core::resolve::{HeaderResolver, PeerAddr, SubdomainResolver};
use tenancy_core::{
    CacheOptions, CachedDirectory, CounterClock, MemoryDirectory, PlanCatalogue, Remembered,
    ResolverChain, Tenant, TenantDirectory, TenantId, TenantKey, TenantSlug,
};

const TENANTS: usize = 100_000;
/// Coprime to the number of tenants: each turn asks for another one, far from the last.
const STRIDE: usize = 7_919;

fn slug(number: usize) -> TenantSlug {
    TenantSlug::parse(&format!("tenant-{number}")).expect("a slug")
}

/// Returns a directory that remembers all tenants by slug and id, and a bare cache of them.
fn warm() -> (CachedDirectory<MemoryDirectory>, Cache<TenantKey, Arc<Tenant>>) {
    let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
    let (source, bare) = (MemoryDirectory::new(), Cache::new(4 * TENANTS as u64));
    let mut keys = Vec::with_capacity(2 * TENANTS);
    for number in 0..TENANTS {
        let tenant = Tenant::new(TenantId::generate(), slug(number), plan.clone());
        for key in [TenantKey::Slug(tenant.slug().clone()), TenantKey::Id(tenant.id())] {
            bare.insert(key.clone(), Arc::new(tenant.clone()));
            keys.push(key);
        }
        source.insert(tenant).expect("a new slug");
    }
    let options = CacheOptions::new().clock(Arc::new(CounterClock::new()));
    let directory = CachedDirectory::new(source, options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        for key in &keys {
            directory.find(key).await.expect("an answer").expect("a tenant");
        }
    });
    (directory, bare)
}

fn resolved(chain: &ResolverChain, parts: &Parts) -> TenantId {
    let mut found = pin!(chain.resolve(parts));
    match found.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(found) => found.expect("an answer").expect("a tenant").tenant().id(),
        Poll::Pending => unreachable!("what is remembered is there at once"),
    }
}

/// Calls a function with the numbers of tenants, all over.
fn turns(mut run: impl FnMut(usize)) -> impl FnMut() {
    let mut number = 0;
    move || {
        number = (number + STRIDE) % TENANTS;
        run(number);
    }
}

fn directory(c: &mut Criterion) {
    let (directory, bare) = warm();
    let keys: Vec<_> = (0..TENANTS).map(|number| TenantKey::Slug(slug(number))).collect();
    let mut group = c.benchmark_group("edge_directory");
    group.bench_function("bare_moka", |b| {
        b.iter(turns(|number| {
            black_box(bare.get(&keys[number]).expect("a tenant"));
        }));
    });
    group.bench_function("ours", |b| {
        b.iter(turns(|number| {
            let Remembered::Found(entry) = directory.remembered(&keys[number]) else {
                unreachable!("all are remembered")
            };
            black_box(entry.tenant);
        }));
    });

    let proxy: std::net::IpAddr = [10, 0, 0, 1].into();
    let proxies = [proxy].into_iter().collect();
    let chain = ResolverChain::new(Arc::new(directory))
        .clock(Arc::new(CounterClock::new()))
        .with(HeaderResolver::x_tenant_id().trusted_proxies(proxies))
        .with(SubdomainResolver::under("example.com").expect("a domain"));
    let requests = |name: &str| -> Vec<Parts> {
        (0..TENANTS)
            .map(|number| {
                let (slug, request) = (slug(number), http::Request::get("/"));
                let request = match name {
                    "host" => request.header("host", format!("{slug}.example.com")),
                    _ => request.header(name, slug.as_str()).extension(PeerAddr(proxy)),
                };
                request.body(()).expect("a request").into_parts().0
            })
            .collect()
    };
    for (bench, name) in [("chain_header", "x-tenant-id"), ("chain_subdomain", "host")] {
        let requests = requests(name);
        group.bench_function(bench, |b| {
            b.iter(turns(|number| {
                black_box(resolved(&chain, &requests[number]));
            }));
        });
    }
    group.finish();
}

criterion_group!(benches, directory);
criterion_main!(benches);
