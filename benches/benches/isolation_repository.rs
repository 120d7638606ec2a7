//! What do the verbs of a repository cost, beside sqlx with `WHERE tenant_id = $1` by hand? On the
//! same Postgres, in the same run, in turn. It guards the ratios.
//!
//! Both sides run their statements in a transaction that is bound to the tenant, under row-level
//! security, so that what the repository adds shows. `find_alone` compares the whole, each over a
//! pool: ours begins, binds the tenant and reads; by hand it is one bare statement that no policy
//! guards.

use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgExecutor, Postgres, Transaction};
use tenancy_benches::side_by_side;
use tenancy_core::{List, Page, TenantId};
use tenancy_sqlx::{SealKey, TenantDb, TenantDbOptions};
use tokio::runtime::{Builder, Runtime};

use postgres::{ByHand, COLUMNS, Database, INVOICES, Invoice, ROLE, SERVICE, connect, fill};

#[allow(dead_code, unused_imports, reason = "each bench uses a part of it")]
mod postgres;

/// Far from the next one.
const STRIDE: i64 = 7_919;
const MANY: i64 = 10_000;

/// How much is measured.
struct Extent {
    /// The rows of the tenant that is measured; another one has some too.
    rows: i64,
    depth: i64,
    batches: usize,
    /// In a batch.
    calls: u32,
}

const WHOLE: Extent = Extent { rows: 1_100_000, depth: 1_000_000, batches: 60, calls: 200 };
/// Only to see that it runs.
const SMALL: Extent = Extent { rows: 12_000, depth: 2_000, batches: 1, calls: 2 };

struct World {
    extent: Extent,
    runtime: Runtime,
    database: Database,
    db: TenantDb,
    /// Of a role whom no policy binds.
    pool: PgPool,
    sealed_database: Database,
    sealed: TenantDb,
    tenant: TenantId,
}

fn main() {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let world = World::create(if is_measured { WHOLE } else { SMALL });
    // Writes come last: what they leave behind lies in the way of readers.
    for bench in [find, list, depth, find_alone, find_sealed, insert, insert_many] {
        bench(&world);
    }
    world.end();
}

impl World {
    fn create(extent: Extent) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (tenant, other) = (TenantId::generate(), TenantId::generate());
        let (database, db, pool, sealed_database, sealed) = runtime.block_on(async {
            let database = Database::create().await;
            let db = options().connect(&database.url(ROLE)).await.expect("it answers");
            db.migrate(&[INVOICES]).await.expect("migrated");
            let mut admin = database.admin().await;
            fill(&mut admin, &[tenant], extent.rows).await;
            fill(&mut admin, &[other], 1_000).await;
            let pool = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
            let pool = pool.connect(&database.admin_url()).await.expect("it answers");
            let (sealed_database, sealed) = sealed().await;
            let mut admin = sealed_database.admin().await;
            fill(&mut admin, &[tenant], extent.rows).await;
            fill(&mut admin, &[other], 1_000).await;
            (database, db, pool, sealed_database, sealed)
        });
        Self { extent, runtime, database, db, pool, sealed_database, sealed, tenant }
    }

    fn end(self) {
        self.runtime.block_on(async {
            self.db.close().await;
            self.sealed.close().await;
            self.pool.close().await;
            for database in [self.database, self.sealed_database] {
                database.drop(&[]).await;
            }
        });
    }

    fn row(&self, id: i64) -> Invoice {
        Invoice::new(self.tenant, id)
    }

    /// The keys of a batch.
    fn keys(&self) -> impl Iterator<Item = i64> {
        let rows = self.extent.rows;
        (0..i64::from(self.extent.calls)).map(move |n| (n * STRIDE) % (rows - 300) + 200)
    }

    /// A connection of the application's role.
    async fn by_hand(&self) -> PgConnection {
        connect(&self.database.url(ROLE)).await
    }

    async fn bound<'c>(&self, connection: &'c mut PgConnection) -> Transaction<'c, Postgres> {
        let begin = format!("BEGIN; SET LOCAL tenancy.tenant_id = '{}'", self.tenant);
        connection.begin_with(AssertSqlSafe(begin)).await.expect("begun")
    }

    async fn find_by_hand(&self, executor: impl PgExecutor<'_>, sql: &str, id: i64) {
        let query = sqlx::query_as::<_, ByHand>(AssertSqlSafe(sql)).bind(self.tenant.uuid());
        query.bind(id).fetch_optional(executor).await.expect("read").expect("there");
    }

    /// Runs a batch that tells its time.
    fn batch(&self, batch: impl Future<Output = Duration>) -> (u32, Duration) {
        (self.extent.calls, self.runtime.block_on(batch))
    }

    fn compare(
        &self,
        names: [&str; 2],
        ours: impl FnMut() -> (u32, Duration),
        reference: impl FnMut() -> (u32, Duration),
    ) {
        let names = names.map(|name| format!("isolation_repository/{name}"));
        let names = [names[0].as_str(), names[1].as_str()];
        side_by_side(names, self.extent.batches, ours, reference).expect("a folder");
    }
}

fn options() -> TenantDbOptions {
    TenantDb::options().register::<Invoice>()
}

/// Its service is another role than its owner.
async fn sealed() -> (Database, TenantDb) {
    let key = SealKey::new(1, &[7; 32]).expect("a key");
    let database = Database::create().await;
    let owner = options().sealed(key.clone()).service_role(SERVICE);
    let owner = owner.connect(&database.url(ROLE)).await.expect("it answers");
    owner.migrate(&[INVOICES]).await.expect("migrated");
    owner.close().await;
    let service = options().sealed(key).connect(&database.url(SERVICE)).await.expect("it answers");
    (database, service)
}

fn select_by_key() -> String {
    format!("SELECT {COLUMNS} FROM invoices WHERE tenant_id = $1 AND id = $2")
}

fn find(world: &World) {
    let sql = select_by_key();
    let ours = || {
        world.batch(async {
            let mut tx = world.db.read(world.tenant);
            tx.repo::<Invoice>().get(&1).await.expect("read");
            let start = Instant::now();
            for id in world.keys() {
                tx.repo::<Invoice>().get(&id).await.expect("read").expect("there");
            }
            start.elapsed()
        })
    };
    let mut connection = world.runtime.block_on(world.by_hand());
    let by_hand = || {
        world.batch(async {
            let mut tx = world.bound(&mut connection).await;
            let start = Instant::now();
            for id in world.keys() {
                world.find_by_hand(&mut *tx, &sql, id).await;
            }
            let took = start.elapsed();
            tx.rollback().await.expect("rolled back");
            took
        })
    };
    world.compare(["find", "find_by_hand"], ours, by_hand);
}

async fn find_each(world: &World, db: &TenantDb) -> Duration {
    let start = Instant::now();
    for id in world.keys() {
        let mut tx = db.read(world.tenant);
        tx.repo::<Invoice>().get(&id).await.expect("read").expect("there");
    }
    start.elapsed()
}

fn find_alone(world: &World) {
    let sql = select_by_key();
    let by_hand = || {
        world.batch(async {
            let start = Instant::now();
            for id in world.keys() {
                world.find_by_hand(&world.pool, &sql, id).await;
            }
            start.elapsed()
        })
    };
    let ours = || world.batch(find_each(world, &world.db));
    world.compare(["find_alone", "find_alone_by_hand"], ours, by_hand);
}

fn find_sealed(world: &World) {
    let sealed = || world.batch(find_each(world, &world.sealed));
    let unsealed = || world.batch(find_each(world, &world.db));
    world.compare(["find_sealed", "find_unsealed"], sealed, unsealed);
}

fn list(world: &World) {
    let sql = format!(
        "SELECT {COLUMNS} FROM invoices WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    );
    let ours = || {
        world.batch(async {
            let mut tx = world.db.read(world.tenant);
            tx.repo::<Invoice>().get(&1).await.expect("read");
            let start = Instant::now();
            for id in world.keys() {
                let slice = tx.repo::<Invoice>().list(Page::newest(100).after(id)).await;
                assert_eq!(slice.expect("read").items.len(), 100);
            }
            start.elapsed()
        })
    };
    let mut connection = world.runtime.block_on(world.by_hand());
    let by_hand = || {
        world.batch(async {
            let mut tx = world.bound(&mut connection).await;
            let start = Instant::now();
            for id in world.keys() {
                let query = sqlx::query_as::<_, ByHand>(AssertSqlSafe(sql.as_str()));
                let query = query.bind(world.tenant.uuid()).bind(id).bind(101_i64);
                // The last of them says that more follow.
                assert_eq!(query.fetch_all(&mut *tx).await.expect("read").len(), 101);
            }
            let took = start.elapsed();
            tx.rollback().await.expect("rolled back");
            took
        })
    };
    world.compare(["list", "list_by_hand"], ours, by_hand);
}

/// By an order of its own and by a cursor, as a client pages.
fn depth(world: &World) {
    let by_total = |limit| List::oldest(limit).order_by(Invoice::TOTAL.asc());
    let deep = world.runtime.block_on(async {
        let mut tx = world.db.read(world.tenant);
        let mut part = by_total(1_000);
        let mut next = None;
        for _ in 0..world.extent.depth / 1_000 {
            next = tx.repo::<Invoice>().list(part).await.expect("a part").next;
            part = by_total(1_000).after(next.clone().expect("more follow"));
        }
        next.expect("more follow")
    });
    let page = |list: List<Invoice>| {
        world.batch(async {
            let mut tx = world.db.read(world.tenant);
            tx.repo::<Invoice>().list(list.clone()).await.expect("a part");
            let start = Instant::now();
            for _ in 0..world.extent.calls {
                let slice = tx.repo::<Invoice>().list(list.clone()).await.expect("a part");
                assert_eq!(slice.items.len(), 100);
            }
            start.elapsed()
        })
    };
    let after = || page(by_total(100).after(deep.clone()));
    world.compare(["page_deep", "page_first"], after, || page(by_total(100)));
}

fn insert(world: &World) {
    let sql = format!("INSERT INTO invoices ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
    let ours = || {
        world.batch(async {
            let mut tx = world.db.tenant(world.tenant);
            let mut repo = tx.repo::<Invoice>();
            repo.insert(world.row(0)).await.expect("inserted");
            let start = Instant::now();
            for id in 1..=i64::from(world.extent.calls) {
                repo.insert(world.row(-id)).await.expect("inserted");
            }
            let took = start.elapsed();
            tx.rollback().await.expect("rolled back");
            took
        })
    };
    let mut connection = world.runtime.block_on(world.by_hand());
    let by_hand = || {
        world.batch(async {
            let mut tx = world.bound(&mut connection).await;
            let start = Instant::now();
            for id in 1..=i64::from(world.extent.calls) {
                let row = world.row(-id);
                let query = sqlx::query(AssertSqlSafe(sql.as_str())).bind(row.id);
                let query = query.bind(world.tenant.uuid()).bind(row.number).bind(row.status);
                let query = query.bind(row.total).bind(row.note).bind(row.version);
                query.execute(&mut *tx).await.expect("inserted");
            }
            let took = start.elapsed();
            // Dropped, it would hold its keys until the connection is used again.
            tx.rollback().await.expect("rolled back");
            took
        })
    };
    world.compare(["insert", "insert_by_hand"], ours, by_hand);
}

fn insert_many(world: &World) {
    const SQL: &str = "INSERT INTO invoices (tenant_id, id, number, status, total, note, version)
        SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[],
        $7::bigint[])";
    let rows = || -> Vec<_> { (1..=MANY).map(|id| world.row(-id)).collect() };
    let ours = || {
        let took = world.runtime.block_on(async {
            let rows = rows();
            let mut tx = world.db.tenant(world.tenant);
            tx.repo::<Invoice>().exists(Invoice::ID.eq(1)).await.expect("begun");
            let start = Instant::now();
            tx.repo::<Invoice>().insert_many(rows).await.expect("inserted");
            let took = start.elapsed();
            tx.rollback().await.expect("rolled back");
            took
        });
        (1, took)
    };
    let mut connection = world.runtime.block_on(world.by_hand());
    let by_hand = || {
        let took = world.runtime.block_on(async {
            let rows = rows();
            let mut tx = world.bound(&mut connection).await;
            let start = Instant::now();
            insert_by_unnest(&mut tx, SQL, world.tenant, &rows).await;
            let took = start.elapsed();
            tx.rollback().await.expect("rolled back");
            took
        });
        (1, took)
    };
    world.compare(["insert_many", "insert_many_by_hand"], ours, by_hand);
}

async fn insert_by_unnest(
    connection: &mut PgConnection,
    sql: &'static str,
    tenant: TenantId,
    rows: &[Invoice],
) {
    let text = |of: fn(&Invoice) -> &str| rows.iter().map(of).collect::<Vec<_>>();
    let number = |of: fn(&Invoice) -> i64| rows.iter().map(of).collect::<Vec<_>>();
    let query = sqlx::query(sql).bind(tenant.uuid()).bind(number(|row| row.id));
    let query = query.bind(text(|row| &row.number)).bind(text(|row| &row.status));
    let notes = rows.iter().map(|row| row.note.as_deref()).collect::<Vec<_>>();
    let query = query.bind(number(|row| row.total)).bind(notes);
    query.bind(number(|row| row.version)).execute(connection).await.expect("inserted");
}
