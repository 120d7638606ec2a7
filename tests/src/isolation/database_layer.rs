//! The database alone: statements without any predicate, by the application's own role.

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use tenancy_core::TenantId;

use crate::harness::{Database, Engine, two_tenants, write_note};

/// Two tenants with a note each, and a plain connection of the application's role: what an
/// injection or a forgotten predicate would work with.
async fn open() -> (Database, PgConnection, TenantId, TenantId) {
    let database = Database::create(Engine::Postgres).await;
    let db = database.notes().await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        write_note(&db, tenant, 1).await;
    }
    db.close().await;
    let connection = PgConnection::connect(database.url()).await.expect("a connection");
    (database, connection, a, b)
}

async fn bind(connection: &mut PgConnection, tenant: &str) {
    let sql = format!("BEGIN; SET LOCAL tenancy.tenant_id = '{tenant}'");
    connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await.expect("begun");
}

async fn tenants_seen(connection: &mut PgConnection) -> Vec<String> {
    let rows = connection.fetch_all("SELECT tenant_id::text FROM notes").await.expect("a query");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn shows_only_the_bound_tenant() {
    let (_database, mut connection, a, b) = open().await;
    for tenant in [a, b] {
        bind(&mut connection, &tenant.to_string()).await;
        assert_eq!(tenants_seen(&mut connection).await, [tenant.to_string()]);
        connection.execute("ROLLBACK").await.expect("rolled back");
    }
}

#[tokio::test]
async fn shows_nothing_without_a_tenant() {
    let (_database, mut connection, a, _) = open().await;
    assert_eq!(tenants_seen(&mut connection).await, Vec::<String>::new());
    bind(&mut connection, "").await;
    assert_eq!(tenants_seen(&mut connection).await, Vec::<String>::new());
    connection.execute("COMMIT").await.expect("ended");
    // After a local setting has ended, nothing of it is left.
    bind(&mut connection, &a.to_string()).await;
    connection.execute("COMMIT").await.expect("ended");
    assert_eq!(tenants_seen(&mut connection).await, Vec::<String>::new());
}

#[tokio::test]
async fn changes_only_the_bound_tenant() {
    let (database, mut connection, a, b) = open().await;
    bind(&mut connection, &a.to_string()).await;
    let updated = connection.execute("UPDATE notes SET title = 'x'").await.expect("an update");
    assert_eq!(updated.rows_affected(), 1);
    let deleted = connection.execute("DELETE FROM notes").await.expect("a delete");
    assert_eq!(deleted.rows_affected(), 1);
    connection.execute("COMMIT").await.expect("committed");
    let mut admin = database.admin().await;
    let left = format!("SELECT count(*) FROM notes WHERE tenant_id = '{b}' AND title = 'note 1'");
    assert_eq!(admin.count(left).await, 1);
    assert_eq!(admin.count("SELECT count(*) FROM notes").await, 1);
}

#[tokio::test]
async fn takes_no_row_of_another_tenant() {
    let (database, mut connection, a, b) = open().await;
    let attacks = [
        format!("UPDATE notes SET tenant_id = '{b}'"),
        format!(
            "INSERT INTO notes SELECT '{b}', 9, 'planted', true, 0, NULL, NULL, now(), 1 FROM notes"
        ),
        // An upsert on the key of a row that cannot be seen.
        format!(
            "INSERT INTO notes VALUES ('{b}', 1, 'taken', true, 0, NULL, NULL, now(), 1)
             ON CONFLICT (tenant_id, id) DO UPDATE SET title = 'taken'"
        ),
    ];
    for attack in attacks {
        bind(&mut connection, &a.to_string()).await;
        let result = connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(attack))).await;
        let error = result.expect_err("the policy refuses").to_string();
        assert!(error.contains("row-level security"), "{error}");
        connection.execute("ROLLBACK").await.expect("rolled back");
    }
    let mut admin = database.admin().await;
    assert_eq!(admin.count("SELECT count(*) FROM notes").await, 2);
    assert_eq!(admin.count("SELECT count(*) FROM notes WHERE title = 'note 1'").await, 2);
}
