//! What does a read cost among 1,000 tenants with a schema each, beside 10 of them and beside
//! shared tables; and do 200 tenants with a database each work under a budget of 50 connections?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use postgres::{Database, INVOICES, Invoice, ROLE};
use tenancy_benches::record;
use tenancy_core::{MemoryDirectory, Placement, PlanCatalogue, Tenant, TenantId, TenantSlug};
use tenancy_sqlx::TenantDb;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

#[allow(dead_code, unused_imports, reason = "each bench uses a part of it")]
mod postgres;

const BUDGET: u32 = 50;
/// How often each tenant with a database of its own writes and reads.
const TURNS: i64 = 5;
/// How many places are made at a time.
const MAKERS: u32 = 4;

/// Tenants that live alike.
struct Tenants {
    database: Database,
    db: TenantDb,
    ids: Vec<TenantId>,
}

impl Tenants {
    /// Makes their places, and writes a row for each.
    async fn create(placement: &Placement, count: usize) -> Self {
        let database = Database::create().await;
        let options = TenantDb::options().register::<Invoice>().max_connections(MAKERS);
        let options = options.dedicated_connections(BUDGET);
        let options = options.acquire_timeout(Duration::from_mins(2));
        let db = options.connect(&database.url(ROLE)).await.expect("it answers");
        db.migrate(&[INVOICES]).await.expect("migrated");
        let plan = PlanCatalogue::example().plan("starter").expect("an example plan");
        let directory = Arc::new(MemoryDirectory::new());
        let (mut ids, mut making) = (Vec::new(), JoinSet::new());
        for number in 0..count {
            let slug = TenantSlug::parse(&format!("tenant-{number}")).expect("a slug");
            let id = TenantId::generate();
            let tenant = Tenant::new(id, slug, plan.clone()).with_placement(placement.clone());
            directory.insert(tenant.clone()).expect("inserted");
            ids.push(id);
            if making.len() >= MAKERS as usize {
                making.join_next().await.expect("some").expect("no panic");
            }
            let db = db.clone();
            making.spawn(async move {
                db.provision(&tenant, &[INVOICES]).await.expect("provisioned");
            });
        }
        making.join_all().await;
        let db = db.with_directory(directory);
        for id in &ids {
            let mut tx = db.tenant(*id);
            tx.repo::<Invoice>().insert(Invoice::new(*id, 1)).await.expect("inserted");
            tx.commit().await.expect("committed");
        }
        Self { database, db, ids }
    }

    /// Another one each time.
    fn tenant(&self, number: u64) -> TenantId {
        let at = usize::try_from(number).expect("few rounds").wrapping_mul(7_919);
        self.ids[at % self.ids.len()]
    }

    async fn end(self) {
        self.db.close().await;
        self.database.drop(&self.ids).await;
    }
}

fn find(criterion: &mut Criterion, runtime: &Runtime, name: &str, tenants: &Tenants) {
    let mut group = criterion.benchmark_group("isolation_models");
    group.bench_function(name, |b| {
        b.to_async(runtime).iter_custom(async |rounds| {
            let start = Instant::now();
            for number in 0..rounds {
                let mut tx = tenants.db.read(tenants.tenant(number));
                tx.repo::<Invoice>().get(&1).await.expect("read").expect("there");
            }
            start.elapsed()
        });
    });
    group.finish();
}

/// All at once, each several times: counts what fails, and the connections that were open.
async fn all_databases(tenants: &Tenants) {
    let mut working = JoinSet::new();
    let start = Instant::now();
    for turn in 2..2 + TURNS {
        for id in tenants.ids.iter().copied() {
            let db = tenants.db.clone();
            working.spawn(async move { write_and_read(&db, id, turn).await.is_err() });
        }
    }
    let is_done = Arc::new(AtomicBool::new(false));
    let most = tokio::spawn(most_connections(tenants.database.admin().await, is_done.clone()));
    let results = working.join_all().await;
    let took = start.elapsed();
    is_done.store(true, Ordering::SeqCst);
    let most = most.await.expect("it counts");
    let failed = results.iter().filter(|has_failed| **has_failed).count();
    println!(
        "isolation_models: {} databases, {} transactions in {took:?}, {failed} failed, at most \
         {most} connections",
        tenants.ids.len(),
        2 * results.len(),
    );
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    for (name, count) in
        [("databases_failed", failed as f64), ("databases_connections", most as f64)]
    {
        record(&format!("isolation_models/{name}"), &[count]).expect("a folder");
    }
}

async fn write_and_read(
    db: &TenantDb,
    tenant: TenantId,
    turn: i64,
) -> Result<(), tenancy_core::Error> {
    let mut tx = db.tenant(tenant);
    tx.repo::<Invoice>().insert(Invoice::new(tenant, turn)).await?;
    tx.commit().await?;
    let found = db.read(tenant).repo::<Invoice>().get(&turn).await?;
    assert_eq!(found.expect("it was committed").tenant_id, tenant);
    Ok(())
}

async fn most_connections(mut admin: sqlx::PgConnection, is_done: Arc<AtomicBool>) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 't\\_%'";
    let mut most = 0;
    while !is_done.load(Ordering::SeqCst) {
        let open: i64 = sqlx::query_scalar(sql).fetch_one(&mut admin).await.expect("a count");
        most = most.max(open);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    most
}

fn models(criterion: &mut Criterion) {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let (schemas, databases) = if is_measured { (1_000, 200) } else { (20, 5) };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (name, placement, count) in [
        ("shared_10", Placement::row(), 10),
        ("schemas_10", Placement::schema(), 10),
        ("schemas_1000", Placement::schema(), schemas),
        ("databases_10", Placement::database(), 10),
    ] {
        let start = Instant::now();
        let tenants = runtime.block_on(Tenants::create(&placement, count));
        println!("isolation_models: {count} places for {name} made in {:?}", start.elapsed());
        find(criterion, &runtime, name, &tenants);
        runtime.block_on(tenants.end());
    }
    runtime.block_on(async {
        let start = Instant::now();
        let tenants = Tenants::create(&Placement::database(), databases).await;
        println!("isolation_models: {databases} databases made in {:?}", start.elapsed());
        all_databases(&tenants).await;
        tenants.end().await;
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(4))
        .sample_size(30);
    targets = models
}
criterion_main!(benches);
