//! What do the verbs of a repository cost, beside sqlx with `WHERE tenant_id = $1` by hand? On the
//! same Postgres, in the same run. It guards the ratios.
//!
//! Both sides run their statements in a transaction that is bound to the tenant, under row-level
//! security, so that what the repository adds shows. `find_alone` compares the whole: ours begins,
//! binds the tenant and reads; by hand it is one bare statement that no policy guards.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Postgres, Transaction};
use tenancy_core::{List, Page, TenantId};
use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// The rows of the tenant that is measured; another one has some too.
const ROWS: i64 = 1_100_000;
const DEPTH: i64 = 1_000_000;
const MANY: i64 = 10_000;

#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "invoices", version = "version")]
struct Invoice {
    #[tenant(key)]
    id: i64,
    tenant_id: TenantId,
    number: String,
    status: String,
    total: i64,
    note: Option<String>,
    version: i64,
}

/// The same row as sqlx reads it.
type ByHand = (i64, Uuid, String, String, i64, Option<String>, i64);

const COLUMNS: &str = "id, tenant_id, number, status, total, note, version";

const INVOICES: Migration = Migration::portable(
    1,
    "invoices",
    "CREATE TABLE invoices (
        tenant_id uuid NOT NULL,
        id bigint NOT NULL,
        number text NOT NULL,
        status text NOT NULL,
        total bigint NOT NULL,
        note text,
        version bigint NOT NULL,
        PRIMARY KEY (tenant_id, id)
    );
    CREATE INDEX invoices_total ON invoices (tenant_id, total, id)",
);

/// A database of its own, with a plain role as applications have one.
struct World {
    runtime: Runtime,
    name: String,
    db: TenantDb,
    tenant: TenantId,
}

impl World {
    fn create() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let name = format!("bench_{}", Uuid::now_v7().as_simple());
        let tenant = TenantId::generate();
        let db = runtime.block_on(async {
            let mut admin = admin("postgres").await;
            run(&mut admin, ROLE).await;
            run(&mut admin, &format!("CREATE DATABASE {name} OWNER tenancy_bench")).await;
            let options = TenantDb::options().register::<Invoice>().max_connections(1);
            let db = options.connect(&url("tenancy_bench:tenancy_bench", &name)).await;
            let db = db.expect("it answers");
            db.migrate(&[INVOICES]).await.expect("migrated");
            fill(&name, tenant, ROWS).await;
            fill(&name, TenantId::generate(), 1_000).await;
            db
        });
        Self { runtime, name, db, tenant }
    }

    fn row(&self, id: i64) -> Invoice {
        Invoice {
            id,
            tenant_id: self.tenant,
            number: format!("R-{id}"),
            status: "open".to_owned(),
            total: id,
            note: None,
            version: 1,
        }
    }

    /// A connection of the same role.
    async fn by_hand(&self) -> PgConnection {
        let connection = PgConnection::connect(&url("tenancy_bench:tenancy_bench", &self.name));
        connection.await.expect("it answers")
    }

    async fn bound<'c>(&self, connection: &'c mut PgConnection) -> Transaction<'c, Postgres> {
        let begin = format!("BEGIN; SET LOCAL tenancy.tenant_id = '{}'", self.tenant);
        connection.begin_with(AssertSqlSafe(begin)).await.expect("begun")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.block_on(async {
            self.db.close().await;
            let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            run(&mut admin("postgres").await, &drop).await;
        });
    }
}

const ROLE: &str = "DO $$ BEGIN
        CREATE ROLE tenancy_bench LOGIN PASSWORD 'tenancy_bench' NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object THEN NULL; END $$";

/// The address of a database on the server of the benches, for a role.
fn url(role: &str, database: &str) -> String {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL is set: start with benches/run");
    let (_, rest) = url.split_once("://").expect("a URL");
    let (authority, _) = rest.split_once('/').expect("it names a database");
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("postgres://{role}@{host}/{database}")
}

/// The superuser, whom no policy binds.
async fn admin(database: &str) -> PgConnection {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL is set: start with benches/run");
    let (server, _) = url.rsplit_once('/').expect("it names a database");
    PgConnection::connect(&format!("{server}/{database}")).await.expect("it answers")
}

async fn run(connection: &mut PgConnection, sql: &str) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.expect("it runs");
}

async fn fill(database: &str, tenant: TenantId, rows: i64) {
    let mut admin = admin(database).await;
    let fill = format!(
        "INSERT INTO invoices SELECT '{tenant}', n, 'R-' || n, 'open', n, NULL, 1
         FROM generate_series(1, {rows}) n"
    );
    run(&mut admin, &fill).await;
    run(&mut admin, "VACUUM ANALYZE invoices").await;
}

/// Adds up the time of rounds that each tell their own.
async fn timed<F: Future<Output = Duration>>(rounds: u64, round: impl Fn(u64) -> F) -> Duration {
    let mut total = Duration::ZERO;
    for number in 0..rounds {
        total += round(number).await;
    }
    total
}

/// Far from the last one, and there.
fn key(number: u64) -> i64 {
    i64::try_from(number).expect("few rounds").wrapping_mul(7_919).rem_euclid(ROWS) + 1
}

fn find(criterion: &mut Criterion, world: &World) {
    let sql = format!("SELECT {COLUMNS} FROM invoices WHERE tenant_id = $1 AND id = $2");
    let mut group = criterion.benchmark_group("isolation_repository");
    group.bench_function("find", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let mut tx = world.db.read(world.tenant);
            tx.repo::<Invoice>().get(&1).await.expect("read");
            let start = Instant::now();
            for number in 0..rounds {
                tx.repo::<Invoice>().get(&key(number)).await.expect("read").expect("there");
            }
            start.elapsed()
        });
    });
    group.bench_function("find_by_hand", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let mut connection = world.by_hand().await;
            let mut tx = world.bound(&mut connection).await;
            let start = Instant::now();
            for number in 0..rounds {
                let query = sqlx::query_as::<_, ByHand>(AssertSqlSafe(sql.as_str()));
                let query = query.bind(world.tenant.uuid()).bind(key(number));
                query.fetch_optional(&mut *tx).await.expect("read").expect("there");
            }
            start.elapsed()
        });
    });
    group.bench_function("find_alone", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let start = Instant::now();
            for number in 0..rounds {
                let mut tx = world.db.read(world.tenant);
                tx.repo::<Invoice>().get(&key(number)).await.expect("read").expect("there");
            }
            start.elapsed()
        });
    });
    group.bench_function("find_alone_by_hand", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let mut connection = admin(&world.name).await;
            let start = Instant::now();
            for number in 0..rounds {
                let query = sqlx::query_as::<_, ByHand>(AssertSqlSafe(sql.as_str()));
                let query = query.bind(world.tenant.uuid()).bind(key(number));
                query.fetch_optional(&mut connection).await.expect("read").expect("there");
            }
            start.elapsed()
        });
    });
    group.finish();
}

fn insert(criterion: &mut Criterion, world: &World) {
    let sql = format!("INSERT INTO invoices ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
    let mut group = criterion.benchmark_group("isolation_repository");
    group.bench_function("insert", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let mut tx = world.db.tenant(world.tenant);
            let mut repo = tx.repo::<Invoice>();
            repo.insert(world.row(0)).await.expect("inserted");
            let start = Instant::now();
            for number in 0..i64::try_from(rounds).expect("few rounds") {
                repo.insert(world.row(-1 - number)).await.expect("inserted");
            }
            start.elapsed()
        });
    });
    group.bench_function("insert_by_hand", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let mut connection = world.by_hand().await;
            let mut tx = world.bound(&mut connection).await;
            let start = Instant::now();
            for number in 0..i64::try_from(rounds).expect("few rounds") {
                let row = world.row(-1 - number);
                let query = sqlx::query(AssertSqlSafe(sql.as_str())).bind(row.id);
                let query = query.bind(world.tenant.uuid()).bind(row.number).bind(row.status);
                let query = query.bind(row.total).bind(row.note).bind(row.version);
                query.execute(&mut *tx).await.expect("inserted");
            }
            start.elapsed()
        });
    });
    group.finish();
}

fn insert_many(criterion: &mut Criterion, world: &World) {
    const SQL: &str = "INSERT INTO invoices (tenant_id, id, number, status, total, note, version)
        SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[],
        $7::bigint[])";
    let rows = || -> Vec<_> { (1..=MANY).map(|id| world.row(-id)).collect() };
    let mut group = criterion.benchmark_group("isolation_repository");
    group.sample_size(20);
    group.bench_function("insert_many", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            timed(rounds, async |_| {
                let rows = rows();
                let mut tx = world.db.tenant(world.tenant);
                tx.repo::<Invoice>().exists(Invoice::ID.eq(1)).await.expect("begun");
                let start = Instant::now();
                tx.repo::<Invoice>().insert_many(rows).await.expect("inserted");
                let took = start.elapsed();
                tx.rollback().await.expect("rolled back");
                took
            })
            .await
        });
    });
    group.bench_function("insert_many_by_hand", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            timed(rounds, async |_| {
                let rows = rows();
                let mut connection = world.by_hand().await;
                let mut tx = world.bound(&mut connection).await;
                let start = Instant::now();
                let query = sqlx::query(SQL).bind(world.tenant.uuid());
                let query = query.bind(rows.iter().map(|row| row.id).collect::<Vec<_>>());
                let text = |of: fn(&Invoice) -> &str| rows.iter().map(of).collect::<Vec<_>>();
                let query = query.bind(text(|row| &row.number)).bind(text(|row| &row.status));
                let query = query.bind(rows.iter().map(|row| row.total).collect::<Vec<_>>());
                let notes = rows.iter().map(|row| row.note.as_deref()).collect::<Vec<_>>();
                let query = query.bind(notes);
                let query = query.bind(rows.iter().map(|row| row.version).collect::<Vec<_>>());
                query.execute(&mut *tx).await.expect("inserted");
                let took = start.elapsed();
                tx.rollback().await.expect("rolled back");
                took
            })
            .await
        });
    });
    group.finish();
}

fn list(criterion: &mut Criterion, world: &World) {
    let sql = format!(
        "SELECT {COLUMNS} FROM invoices WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    );
    let mut group = criterion.benchmark_group("isolation_repository");
    group.bench_function("list", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let mut tx = world.db.read(world.tenant);
            tx.repo::<Invoice>().get(&1).await.expect("read");
            let start = Instant::now();
            for number in 0..rounds {
                let page = Page::newest(100).after(key(number) + 200);
                let slice = tx.repo::<Invoice>().list(page).await.expect("read");
                assert_eq!(slice.items.len(), 100);
            }
            start.elapsed()
        });
    });
    group.bench_function("list_by_hand", |b| {
        b.to_async(&world.runtime).iter_custom(async |rounds| {
            let mut connection = world.by_hand().await;
            let mut tx = world.bound(&mut connection).await;
            let start = Instant::now();
            for number in 0..rounds {
                let query = sqlx::query_as::<_, ByHand>(AssertSqlSafe(sql.as_str()));
                let query = query.bind(world.tenant.uuid()).bind(key(number) + 200).bind(101_i64);
                let rows = query.fetch_all(&mut *tx).await.expect("read");
                assert_eq!(rows.len(), 101);
            }
            start.elapsed()
        });
    });
    group.finish();
}

/// By an order of its own and by a cursor, as a client pages.
fn depth(criterion: &mut Criterion, world: &World) {
    let by_total = |limit| List::oldest(limit).order_by(Invoice::TOTAL.asc());
    let deep = world.runtime.block_on(async {
        let mut tx = world.db.read(world.tenant);
        let mut part = by_total(1_000);
        let mut next = None;
        for _ in 0..DEPTH / 1_000 {
            next = tx.repo::<Invoice>().list(part).await.expect("a part").next;
            part = by_total(1_000).after(next.clone().expect("more follow"));
        }
        next.expect("more follow")
    });
    let mut group = criterion.benchmark_group("isolation_repository");
    for (name, list) in [("page_first", by_total(100)), ("page_deep", by_total(100).after(deep))] {
        group.bench_function(name, |b| {
            b.to_async(&world.runtime).iter_custom(async |rounds| {
                let mut tx = world.db.read(world.tenant);
                tx.repo::<Invoice>().list(list.clone()).await.expect("a part");
                let start = Instant::now();
                for _ in 0..rounds {
                    let slice = tx.repo::<Invoice>().list(list.clone()).await.expect("a part");
                    assert_eq!(slice.items.len(), 100);
                }
                start.elapsed()
            });
        });
    }
    group.finish();
}

fn repository(criterion: &mut Criterion) {
    let world = World::create();
    find(criterion, &world);
    insert(criterion, &world);
    insert_many(criterion, &world);
    list(criterion, &world);
    depth(criterion, &world);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .sample_size(50);
    targets = repository
}
criterion_main!(benches);
