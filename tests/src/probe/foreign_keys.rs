//! Keys that leave out the tenant.

use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, SqliteConnection};
use tenancy_sqlx::probe::{Gravity, Probe};

use super::world::{World, assert_found, register};
use crate::harness::{Database, Engine};

/// A database whose ledger has the keys given, and what the probe says of it.
async fn of(engine: Engine, accounts: &str, entries: &str) -> tenancy_sqlx::probe::Report {
    let database = Database::create(engine).await;
    let (id, tenant, text) = match engine {
        Engine::MySql => ("BIGINT", "BINARY(16)", "VARCHAR(100)"),
        Engine::Postgres => ("bigint", "uuid", "text"),
        _ => ("INTEGER", "BLOB", "TEXT"),
    };
    let sql = format!(
        "CREATE TABLE accounts (tenant_id {tenant} NOT NULL, id {id} NOT NULL,
             number {text} NOT NULL, state {text} NOT NULL, {accounts});
         CREATE TABLE entries (tenant_id {tenant} NOT NULL, id {id} NOT NULL,
             account_id {id} NOT NULL, amount {id} NOT NULL, version {id} NOT NULL, {entries})"
    );
    let (url, sql) = (database.url(), sqlx::raw_sql(AssertSqlSafe(sql)));
    match engine {
        Engine::MySql => {
            let mut connection = MySqlConnection::connect(url).await.expect("it answers");
            sql.execute(&mut connection).await.map(drop)
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(url).await.expect("it answers");
            sql.execute(&mut connection).await.map(drop)
        }
        _ => {
            let mut connection = SqliteConnection::connect(url).await.expect("it answers");
            sql.execute(&mut connection).await.map(drop)
        }
    }
    .expect("the tables are made");
    let db = register(database.bare_options()).connect(url).await.expect("it answers");
    // On Postgres it writes the policies; then it refuses the keys.
    let refused = db.migrate(&[]).await.expect_err("start-up refuses such keys");
    assert!(refused.message().contains("use the table"), "{refused:?}");
    Probe::new(&db).run().await.expect("it answers")
}

const ENGINES: [Engine; 3] = [Engine::Sqlite, Engine::MySql, Engine::Postgres];

#[tokio::test]
async fn a_foreign_key_without_the_tenant() {
    for engine in ENGINES {
        let accounts = "PRIMARY KEY (tenant_id, id), UNIQUE (id)";
        let entries = "PRIMARY KEY (tenant_id, id),
            CONSTRAINT entries_account FOREIGN KEY (account_id) REFERENCES accounts (id)";
        let report = of(engine, accounts, entries).await;
        let remedy = "FOREIGN KEY (tenant_id, …) REFERENCES accounts (tenant_id, …)";
        assert_found(&report, Gravity::Leak, "entries", "refers to another tenant's", remedy);
        assert_found(&report, Gravity::Weakness, "entries", "may refer to a row", remedy);
    }
}

#[tokio::test]
async fn a_unique_key_without_the_tenant() {
    for engine in ENGINES {
        let accounts = "PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number)";
        let entries = "PRIMARY KEY (id), UNIQUE (tenant_id, id)";
        let report = of(engine, accounts, entries).await;
        assert_found(&report, Gravity::Leak, "entries", "tells what the other has", "PRIMARY KEY");
        assert_found(&report, Gravity::Weakness, "entries", "leaves out the tenant", "tenant_id");
        let accounts = report.findings().iter().filter(|it| it.place().contains("accounts"));
        assert_eq!(accounts.count(), 0, "{report}");
    }
}

#[tokio::test]
async fn start_up_refuses_what_the_probe_goes_past() {
    let world = World::create(Engine::Postgres).await;
    world.database.admin().await.run("ALTER TABLE entries DISABLE ROW LEVEL SECURITY").await;
    world.db.verify().await.expect_err("refused");
    assert!(!world.probe().await.is_clean());
    assert_eq!(world.rows(world.tenants.0).await.1.len(), 1);
    assert_eq!(world.rows(world.tenants.1).await.1.len(), 1);
}
