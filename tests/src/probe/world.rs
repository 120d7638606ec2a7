//! A ledger: entries refer to accounts.

use tenancy_core::{Error, TenantId};
use tenancy_sqlx::probe::{Gravity, Probe, Report};
use tenancy_sqlx::{Migration, TenantDb, TenantDbOptions, TenantEntity, TenantValue};

use crate::harness::{Database, Engine, two_tenants};

#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "accounts", unique = "number")]
pub(super) struct Account {
    #[tenant(key)]
    pub(super) id: i64,
    pub(super) tenant_id: TenantId,
    pub(super) number: String,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, TenantValue)]
pub(super) enum State {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "entries", version = "version")]
pub(super) struct Entry {
    #[tenant(key)]
    pub(super) id: i64,
    pub(super) tenant_id: TenantId,
    pub(super) account_id: i64,
    pub(super) amount: i64,
    pub(super) version: i64,
}

pub(super) const LEDGER: Migration = Migration::new(
    2,
    "ledger",
    "CREATE TABLE accounts (
        tenant_id BLOB NOT NULL, id INTEGER NOT NULL, number TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number)
    );
    CREATE TABLE entries (
        tenant_id BLOB NOT NULL, id INTEGER NOT NULL, account_id INTEGER NOT NULL,
        amount INTEGER NOT NULL CHECK (amount > 0), version INTEGER NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
    )",
    "CREATE TABLE accounts (
        tenant_id uuid NOT NULL, id bigint NOT NULL, number text NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'closed')),
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number)
    );
    CREATE TABLE entries (
        tenant_id uuid NOT NULL, id bigint NOT NULL, account_id bigint NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0), version bigint NOT NULL,
        PRIMARY KEY (tenant_id, id),
        CONSTRAINT entries_account
            FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
    )",
)
.with_mysql(
    "CREATE TABLE accounts (
        tenant_id BINARY(16) NOT NULL, id BIGINT NOT NULL, number VARCHAR(100) NOT NULL,
        state VARCHAR(20) NOT NULL CHECK (state IN ('open', 'closed')),
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number)
    );
    CREATE TABLE entries (
        tenant_id BINARY(16) NOT NULL, id BIGINT NOT NULL, account_id BIGINT NOT NULL,
        amount BIGINT NOT NULL CHECK (amount > 0), version BIGINT NOT NULL,
        PRIMARY KEY (tenant_id, id),
        CONSTRAINT entries_account
            FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
    )",
);

/// A database with the ledger, and two tenants who have an account with an entry each.
pub(super) struct World {
    pub(super) database: Database,
    pub(super) db: TenantDb,
    pub(super) tenants: (TenantId, TenantId),
}

pub(super) fn register(options: TenantDbOptions) -> TenantDbOptions {
    options.register::<Account>().register::<Entry>()
}

impl World {
    pub(super) async fn create(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let options = register(database.bare_options());
        let db = options.connect(database.url()).await.expect("it answers");
        db.migrate(&[LEDGER]).await.expect("migrated");
        let tenants = two_tenants();
        for tenant in [tenants.0, tenants.1] {
            write(&db, tenant).await.expect("written");
        }
        Self { database, db, tenants }
    }

    pub(super) async fn probe(&self) -> Report {
        Probe::new(&self.db).run().await.expect("the database answers")
    }

    /// What a tenant has, all of it.
    pub(super) async fn rows(&self, tenant: TenantId) -> (Vec<Account>, Vec<Entry>) {
        let mut tx = self.db.read(tenant);
        let accounts = tx.repo::<Account>().list(tenancy_core::Page::oldest(100)).await;
        let entries = tx.repo::<Entry>().list(tenancy_core::Page::oldest(100)).await;
        (accounts.expect("a list").items, entries.expect("a list").items)
    }
}

async fn write(db: &TenantDb, tenant_id: TenantId) -> Result<(), Error> {
    let mut tx = db.tenant(tenant_id);
    let number = "A-1".to_owned();
    tx.repo().insert(Account { id: 1, tenant_id, number, state: State::Open }).await?;
    tx.repo().insert(Entry { id: 1, tenant_id, account_id: 1, amount: 50, version: 1 }).await?;
    tx.commit().await
}

/// Holds that something was found, at a place, with words for it and for what to do.
pub(super) fn assert_found(report: &Report, gravity: Gravity, place: &str, says: &str, does: &str) {
    let found = report.findings().iter().any(|finding| {
        finding.gravity() == gravity
            && finding.place().contains(place)
            && finding.what().contains(says)
            && finding.remedy().contains(does)
    });
    assert!(found, "no {gravity} at {place} that says {says:?} and {does:?} in\n{report}");
    assert!(!report.is_clean());
}
