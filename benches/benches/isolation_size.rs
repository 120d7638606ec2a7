//! What do find and list cost among 100,000 tenants with 10 million rows, beside 10 tenants with
//! as many each? In the same tables' shape, on the same Postgres, in the same run.
//!
//! The rows of a tenant lie together. Where they lie scattered, a list reads a page for each row,
//! whoever writes the statement.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use postgres::{Database, INVOICES, Invoice, ROLE, fill};
use tenancy_core::{Page, TenantId};
use tenancy_sqlx::TenantDb;
use tokio::runtime::{Builder, Runtime};

#[allow(dead_code, unused_imports, reason = "each bench uses a part of it")]
mod postgres;

/// Of each tenant.
const ROWS: i64 = 100;
const PAGE: u16 = 100;

/// Some tenants in one database.
struct Tenants {
    database: Database,
    db: TenantDb,
    ids: Vec<TenantId>,
}

impl Tenants {
    async fn create(count: usize) -> Self {
        let database = Database::create().await;
        let options = TenantDb::options().register::<Invoice>().max_connections(1);
        let db = options.connect(&database.url(ROLE)).await.expect("it answers");
        db.migrate(&[INVOICES]).await.expect("migrated");
        let ids: Vec<_> = (0..count).map(|_| TenantId::generate()).collect();
        fill(&mut database.admin().await, &ids, ROWS).await;
        Self { database, db, ids }
    }

    /// Another one each time.
    fn tenant(&self, number: u64) -> TenantId {
        let at = usize::try_from(number).expect("few rounds").wrapping_mul(7_919);
        self.ids[at % self.ids.len()]
    }
}

fn measure(criterion: &mut Criterion, runtime: &Runtime, name: &str, tenants: &Tenants) {
    let mut group = criterion.benchmark_group("isolation_size");
    group.bench_function(format!("find_among_{name}"), |b| {
        b.to_async(runtime).iter_custom(async |rounds| {
            let start = Instant::now();
            for number in 0..rounds {
                let mut tx = tenants.db.read(tenants.tenant(number));
                let id = i64::try_from(number).expect("few rounds") % ROWS + 1;
                tx.repo::<Invoice>().get(&id).await.expect("read").expect("there");
            }
            start.elapsed()
        });
    });
    group.bench_function(format!("list_among_{name}"), |b| {
        b.to_async(runtime).iter_custom(async |rounds| {
            let start = Instant::now();
            for number in 0..rounds {
                let mut tx = tenants.db.read(tenants.tenant(number));
                let slice = tx.repo::<Invoice>().list(Page::newest(PAGE)).await.expect("read");
                assert_eq!(slice.items.len(), usize::from(PAGE));
            }
            start.elapsed()
        });
    });
    group.finish();
}

fn size(criterion: &mut Criterion) {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let many = if is_measured { 100_000 } else { 1_000 };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (name, count) in [("few", 10), ("many", many)] {
        let tenants = runtime.block_on(Tenants::create(count));
        measure(criterion, &runtime, name, &tenants);
        runtime.block_on(async {
            tenants.db.close().await;
            tenants.database.drop(&[]).await;
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(3))
        .measurement_time(Duration::from_secs(5))
        .sample_size(50);
    targets = size
}
criterion_main!(benches);
