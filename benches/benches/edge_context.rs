//! What does asking for the tenant of the running task cost, beside a bare task-local?

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use tenancy_core::{PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};

tokio::task_local! {
    static BARE: Arc<u64>;
}

fn context() -> TenantContext {
    let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
    let slug = TenantSlug::parse("harbor").expect("a slug");
    TenantContext::for_program(Arc::new(Tenant::new(TenantId::generate(), slug, plan)))
}

fn current(c: &mut Criterion) {
    let mut group = c.benchmark_group("edge_context");
    context().sync_scope(|| {
        group.bench_function("ours", |b| {
            b.iter(|| black_box(TenantContext::current().expect("in a context")));
        });
    });
    BARE.sync_scope(Arc::new(1), || {
        group.bench_function("bare_task_local", |b| {
            b.iter(|| black_box(BARE.try_with(Clone::clone).expect("in a scope")));
        });
    });
    group.finish();
}

criterion_group!(benches, current);
criterion_main!(benches);
