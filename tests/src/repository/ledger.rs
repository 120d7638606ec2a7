//! What the suites of invoices stand on.

use std::sync::Arc;

use sqlx::{Connection as _, SqliteConnection};
use tenancy_core::{Error, ManualClock, TenantId};
use tenancy_sqlx::{Backend, TenantDb, TenantDbOptions};

use crate::harness::{Customer, Database, Engine, INVOICES, Invoice, NOTES, two_tenants};

/// A database with invoices, on a clock the test moves, and two tenants.
pub(super) struct Ledger {
    database: Database,
    pub(super) db: TenantDb,
    pub(super) clock: Arc<ManualClock>,
    pub(super) a: TenantId,
    pub(super) b: TenantId,
}

impl Ledger {
    pub(super) async fn open(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let clock = Arc::new(ManualClock::at_unix(1_700_000_000));
        let options = database.options().register::<Invoice>().register::<Customer>();
        let db = options.clock(clock.clone()).connect(database.url()).await.expect("it answers");
        db.migrate(&[NOTES, INVOICES]).await.expect("migrated");
        let (a, b) = two_tenants();
        Self { database, db, clock, a, b }
    }

    /// Opens the same database as another node does.
    pub(super) async fn open_again(
        &self,
        with: impl FnOnce(TenantDbOptions) -> TenantDbOptions,
    ) -> TenantDb {
        let options = self.database.options().register::<Invoice>().register::<Customer>();
        with(options).connect(self.database.url()).await.expect("it answers")
    }

    /// Tells whether nobody else can open it.
    pub(super) fn is_in_memory(&self) -> bool {
        self.database.url().ends_with(":memory:")
    }

    /// Runs a statement as the owner of the database does, past the library.
    pub(super) async fn run_behind_its_back(&self, sql: &'static str) {
        match self.db.backend() {
            Backend::Postgres => self.database.admin().await.run(sql).await,
            Backend::MySql => self.database.mysql_admin().await.run(sql).await,
            _ => {
                let file = SqliteConnection::connect(self.database.url()).await;
                let done = sqlx::query(sql).execute(&mut file.expect("a file")).await;
                done.expect("the statement runs");
            }
        }
    }

    /// Inserts invoices for each of the two tenants, with the same keys.
    pub(super) async fn for_both(&self, invoices: impl Fn(TenantId) -> Vec<Invoice>) {
        for tenant in [self.a, self.b] {
            let mut tx = self.db.tenant(tenant);
            tx.repo::<Invoice>().insert_many(invoices(tenant)).await.expect("inserted");
            tx.commit().await.expect("committed");
        }
    }

    pub(super) async fn get(&self, tenant: TenantId, id: i64) -> Option<Invoice> {
        self.db.read(tenant).repo::<Invoice>().get(&id).await.expect("a read")
    }

    /// Runs a verb in a transaction of its own, and commits it.
    pub(super) async fn write<T>(
        &self,
        tenant: TenantId,
        verb: impl AsyncFnOnce(tenancy_sqlx::Repository<'_, Invoice>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut tx = self.db.tenant(tenant);
        let done = verb(tx.repo::<Invoice>()).await?;
        tx.commit().await?;
        Ok(done)
    }
}

/// Runs tests that take a [`Ledger`] on every engine.
macro_rules! on_every_ledger {
    ($($test:ident),* $(,)?) => {
        mod sqlite { $crate::repository::ledger::on_every_ledger!(@ Sqlite: $($test),*); }
        mod sqlite_memory { $crate::repository::ledger::on_every_ledger!(@ SqliteMemory: $($test),*); }
        mod mysql { $crate::repository::ledger::on_every_ledger!(@ MySql: $($test),*); }
        mod postgres { $crate::repository::ledger::on_every_ledger!(@ Postgres: $($test),*); }
        mod pgbouncer { $crate::repository::ledger::on_every_ledger!(@ PgBouncer: $($test),*); }
    };
    (@ $engine:ident: $($test:ident),*) => {$(
        #[tokio::test]
        async fn $test() {
            let engine = $crate::harness::Engine::$engine;
            let ledger = $crate::repository::ledger::Ledger::open(engine).await;
            super::$test(&ledger).await;
            ledger.db.close().await;
        }
    )*};
}
pub(super) use on_every_ledger;
