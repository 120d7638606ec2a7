use tenancy_core::entity::FromTenantRow;
use tenancy_core::{Error, ErrorKind, TenantId};
use tenancy_sqlx::{FromTenantRow, Migration, SharedEntity, TenantDb, TenantEntity};

use crate::harness::{Database, Engine, two_tenants};

#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "customers")]
pub(super) struct Customer {
    #[tenant(key)]
    pub(super) id: i64,
    pub(super) tenant_id: TenantId,
    pub(super) name: String,
    pub(super) currency: String,
}

#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "invoices")]
pub(super) struct Invoice {
    #[tenant(key)]
    pub(super) id: i64,
    pub(super) tenant_id: TenantId,
    pub(super) customer_id: i64,
    pub(super) status: String,
    pub(super) total_minor: i64,
}

#[derive(Debug, Clone, PartialEq, SharedEntity)]
#[tenant(table = "currencies")]
pub(super) struct Currency {
    #[tenant(key)]
    pub(super) code: String,
    pub(super) digits: i64,
}

/// The tables, a view over all tenants, and a table that nobody registered.
const TABLES: Migration = Migration::new(
    1,
    "billing",
    "CREATE TABLE customers (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL,
         currency TEXT NOT NULL, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name));
     CREATE TABLE invoices (tenant_id BLOB NOT NULL, id INTEGER NOT NULL,
         customer_id INTEGER NOT NULL, status TEXT NOT NULL, total_minor INTEGER NOT NULL,
         PRIMARY KEY (tenant_id, id));
     CREATE TABLE currencies (code TEXT PRIMARY KEY, digits INTEGER NOT NULL);
     CREATE TABLE secrets (id INTEGER PRIMARY KEY, secret TEXT NOT NULL);
     CREATE VIEW open_invoices AS SELECT * FROM invoices WHERE status = 'open';",
    "CREATE TABLE customers (tenant_id uuid NOT NULL, id bigint NOT NULL, name text NOT NULL,
         currency text NOT NULL, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name));
     CREATE TABLE invoices (tenant_id uuid NOT NULL, id bigint NOT NULL,
         customer_id bigint NOT NULL, status text NOT NULL, total_minor bigint NOT NULL,
         PRIMARY KEY (tenant_id, id));
     CREATE TABLE currencies (code text PRIMARY KEY, digits bigint NOT NULL);
     CREATE TABLE secrets (id bigint PRIMARY KEY, secret text NOT NULL);
     CREATE VIEW open_invoices AS SELECT * FROM invoices WHERE status = 'open';",
)
.with_mysql(
    "CREATE TABLE customers (tenant_id BINARY(16) NOT NULL, id BIGINT NOT NULL,
         name VARCHAR(200) NOT NULL, currency VARCHAR(10) NOT NULL,
         PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name));
     CREATE TABLE invoices (tenant_id BINARY(16) NOT NULL, id BIGINT NOT NULL,
         customer_id BIGINT NOT NULL, status VARCHAR(50) NOT NULL, total_minor BIGINT NOT NULL,
         PRIMARY KEY (tenant_id, id));
     CREATE TABLE currencies (code VARCHAR(10) PRIMARY KEY, digits BIGINT NOT NULL);
     CREATE TABLE secrets (id BIGINT PRIMARY KEY, secret VARCHAR(50) NOT NULL);
     CREATE VIEW open_invoices AS SELECT * FROM invoices WHERE status = 'open';",
);

/// A number and a word, which most statements here come down to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, FromTenantRow)]
pub(super) struct Line {
    pub(super) id: Option<i64>,
    pub(super) word: Option<String>,
}

pub(super) fn line(id: i64, word: &str) -> Line {
    Line { id: Some(id), word: Some(word.to_owned()) }
}

/// Two tenants with the same keys, in a database that does nothing to keep them apart.
pub(super) struct World {
    pub(super) db: TenantDb,
    pub(super) a: TenantId,
    pub(super) b: TenantId,
    pub(super) database: Database,
}

impl World {
    pub(super) async fn on(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let options = database
            .bare_options()
            .register::<Customer>()
            .register::<Invoice>()
            .register_shared::<Currency>()
            .tenant_view("open_invoices", "tenant_id");
        let db = options.connect(database.url()).await.expect("the database opens");
        db.migrate(&[TABLES]).await.expect("the tables are made");
        let (a, b) = two_tenants();
        let mut shared = db.shared();
        for (code, digits) in [("EUR", 2), ("JPY", 0)] {
            let currency = Currency { code: code.to_owned(), digits };
            shared.repo::<Currency>().insert(currency).await.expect("a currency");
        }
        shared.commit().await.expect("committed");
        for (tenant, owner) in [(a, "a"), (b, "b")] {
            fill(&db, tenant, owner).await;
        }
        if engine == Engine::Postgres {
            let mut admin = database.admin().await;
            for table in ["customers", "invoices"] {
                admin.run(format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")).await;
                admin.run(format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")).await;
            }
        }
        Self { db, a, b, database }
    }

    /// Reads rows as tenant a.
    pub(super) async fn read<T: FromTenantRow>(&self, sql: &'static str) -> Vec<T> {
        match self.db.read(self.a).sql(sql).fetch_all_as::<T>().await {
            Ok(rows) => rows,
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }

    /// Writes as tenant a and commits.
    pub(super) async fn write(&self, sql: &'static str) -> u64 {
        let mut tx = self.db.tenant(self.a);
        match tx.sql(sql).execute().await {
            Ok(rows) => {
                tx.commit().await.expect("committed");
                rows
            }
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }

    /// The refusal of a statement, which must be one and leave the transaction as it was.
    pub(super) async fn refused(&self, sql: &'static str) -> Error {
        let mut tx = self.db.tenant(self.a);
        match tx.sql(sql).fetch_all_as::<Line>().await {
            Ok(rows) => panic!("{sql}: it ran and gave {rows:?}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Misconfigured, "{sql}: {error:?}");
                tx.commit().await.expect("nothing was sent, nothing failed");
                error
            }
        }
    }

    /// Everything that a tenant has, to be compared before and after.
    pub(super) async fn all_of(&self, tenant: TenantId) -> (Vec<Customer>, Vec<Invoice>) {
        let mut tx = self.db.read(tenant);
        let customers = tx.sql("SELECT * FROM customers ORDER BY id").fetch_all_as().await;
        let invoices = tx.sql("SELECT * FROM invoices ORDER BY id").fetch_all_as().await;
        (customers.expect("customers"), invoices.expect("invoices"))
    }
}

/// Three customers and four invoices; their words begin with the owner's letter.
async fn fill(db: &TenantDb, tenant: TenantId, owner: &str) {
    let mut tx = db.tenant(tenant);
    for (id, currency) in [(1, "EUR"), (2, "JPY"), (3, "EUR")] {
        let customer = Customer {
            id,
            tenant_id: tenant,
            name: format!("{owner}{id}"),
            currency: currency.to_owned(),
        };
        tx.repo::<Customer>().insert(customer).await.expect("a customer");
    }
    for (id, customer_id, status) in
        [(1, 1, "open"), (2, 1, "paid"), (3, 2, "open"), (4, 9, "open")]
    {
        // Another tenant's amounts would show in any sum.
        let total_minor = if owner == "a" { id * 10 } else { id * 1_000_000 };
        let status = status.to_owned();
        let invoice = Invoice { id, tenant_id: tenant, customer_id, status, total_minor };
        tx.repo::<Invoice>().insert(invoice).await.expect("an invoice");
    }
    tx.commit().await.expect("committed");
}

macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite { $crate::scoper::world::on_both!(@ Sqlite: $($test),*); }
        mod postgres { $crate::scoper::world::on_both!(@ Postgres: $($test),*); }
    };
    (@ $engine:ident: $($test:ident),*) => {$(
        #[tokio::test]
        async fn $test() {
            let engine = $crate::harness::Engine::$engine;
            let world = $crate::scoper::world::World::on(engine).await;
            super::$test(&world).await;
            world.db.close().await;
        }
    )*};
}

pub(super) use on_both;
