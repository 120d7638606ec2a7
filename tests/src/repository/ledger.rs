//! What the suites of invoices stand on.

use std::sync::Arc;

use sqlx::{Connection as _, SqliteConnection};
use tenancy_core::{Error, ManualClock, TenantId};
use tenancy_sqlx::{Backend, TenantDb, TenantDbOptions};

use crate::harness::{Customer, Database, Engine, INVOICES, Invoice, NOTES, two_tenants};

/// A database with invoices, on a clock the test moves, and two tenants.
pub(crate) struct Ledger {
    database: Database,
    pub(crate) db: TenantDb,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) a: TenantId,
    pub(crate) b: TenantId,
}

impl Ledger {
    pub(crate) async fn open(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let clock = Arc::new(ManualClock::at_unix(1_700_000_000));
        let options = database.options().register::<Invoice>().register::<Customer>();
        let options = options.clock(clock.clone());
        let db = database.open_with(options, &[NOTES, INVOICES]).await.expect("migrated");
        let (a, b) = two_tenants();
        Self { database, db, clock, a, b }
    }

    /// Opens the same database as another node does.
    pub(crate) async fn open_again(
        &self,
        with: impl FnOnce(TenantDbOptions) -> TenantDbOptions,
    ) -> TenantDb {
        let options = self.database.options().register::<Invoice>().register::<Customer>();
        let opened = self.database.open_with(with(options), &[NOTES, INVOICES]).await;
        opened.expect("it answers")
    }

    /// Tells whether nobody else can open it.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.database.url().ends_with(":memory:")
    }

    /// Runs a statement as the owner of the database does, past the library.
    pub(crate) async fn run_behind_its_back(&self, sql: &'static str) {
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
    pub(crate) async fn for_both(&self, invoices: impl Fn(TenantId) -> Vec<Invoice>) {
        for tenant in [self.a, self.b] {
            let mut tx = self.db.tenant(tenant);
            tx.repo::<Invoice>().insert_many(invoices(tenant)).await.expect("inserted");
            tx.commit().await.expect("committed");
        }
    }

    pub(crate) async fn get(&self, tenant: TenantId, id: i64) -> Option<Invoice> {
        self.db.read(tenant).repo::<Invoice>().get(&id).await.expect("a read")
    }

    /// Runs a verb in a transaction of its own, and commits it.
    pub(crate) async fn write<T>(
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

/// Runs tests that take a [`Ledger`] on every engine, wherever its tenants are.
macro_rules! on_every_ledger {
    ($($test:ident),* $(,)?) => {
        mod sqlite { $crate::repository::ledger::on_ledger!(Sqlite: $($test),*); }
        mod sqlite_memory { $crate::repository::ledger::on_ledger!(SqliteMemory: $($test),*); }
        mod sqlite_databases { $crate::repository::ledger::on_ledger!(SqliteDatabases: $($test),*); }
        mod mysql { $crate::repository::ledger::on_ledger!(MySql: $($test),*); }
        mod mysql_databases { $crate::repository::ledger::on_ledger!(MySqlDatabases: $($test),*); }
        mod postgres { $crate::repository::ledger::on_ledger!(Postgres: $($test),*); }
        mod postgres_schemas { $crate::repository::ledger::on_ledger!(PostgresSchemas: $($test),*); }
        mod postgres_databases { $crate::repository::ledger::on_ledger!(PostgresDatabases: $($test),*); }
        mod pgbouncer { $crate::repository::ledger::on_ledger!(PgBouncer: $($test),*); }
    };
}
pub(crate) use on_every_ledger;

/// Runs tests that take a [`Ledger`] on one engine.
macro_rules! on_ledger {
    ($engine:ident: $($test:ident),*) => {$(
        #[tokio::test]
        async fn $test() {
            let engine = $crate::harness::Engine::$engine;
            let ledger = $crate::repository::ledger::Ledger::open(engine).await;
            super::$test(&ledger).await;
            ledger.db.close().await;
        }
    )*};
}
pub(crate) use on_ledger;
