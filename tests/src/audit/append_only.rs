//! The tables of a log take additions alone, from the application's own role too.

use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, PgConnection, SqliteConnection,
};
use tenancy_core::audit::{AuditAction, AuditEvent, AuditLog, AuditSink};
use tenancy_core::{Clock as _, ManualClock, TenantId};
use tenancy_sqlx::SqlAuditLog;

use crate::harness::{Database, Engine, two_tenants};

async fn log(database: &Database) -> (SqlAuditLog, TenantId, TenantId) {
    let log = SqlAuditLog::new(database.notes().await);
    let (a, b) = two_tenants();
    let at = ManualClock::at_unix(1_800_000_000).now();
    for tenant in [a, b, TenantId::PLATFORM] {
        let event = || AuditEvent::new(tenant, AuditAction::DATA_READ, at);
        log.record(&[event(), event()]).await.unwrap();
    }
    (log, a, b)
}

#[tokio::test]
async fn sqlite_refuses_every_change() {
    let database = Database::create(Engine::Sqlite).await;
    let (log, a, b) = log(&database).await;
    let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
    for attack in [
        "UPDATE tenancy_audit_events SET actor = 'user:nobody'",
        "DELETE FROM tenancy_audit_events",
        "DELETE FROM tenancy_audit_events WHERE sequence = 2",
        "INSERT OR REPLACE INTO tenancy_audit_events SELECT * FROM tenancy_audit_events",
        "REPLACE INTO tenancy_audit_heads SELECT tenant_id, 1, hash FROM tenancy_audit_heads",
        "DELETE FROM tenancy_audit_heads",
        "UPDATE tenancy_audit_heads SET sequence = 0",
        "UPDATE tenancy_audit_heads SET sequence = sequence",
    ] {
        let error = connection.execute(attack).await.expect_err(attack).to_string();
        assert!(error.contains("audit events are never changed"), "{attack}: {error}");
    }
    for tenant in [a, b, TenantId::PLATFORM] {
        assert!(log.verify(tenant, None).await.unwrap().is_whole());
    }
}

#[tokio::test]
async fn mysql_refuses_every_change() {
    let database = Database::create(Engine::MySql).await;
    let (log, a, b) = log(&database).await;
    let mut connection = MySqlConnection::connect(database.url()).await.unwrap();
    for attack in [
        "UPDATE tenancy_audit_events SET actor = 'user:nobody'",
        "DELETE FROM tenancy_audit_events",
        "REPLACE INTO tenancy_audit_events SELECT * FROM tenancy_audit_events",
        "INSERT INTO tenancy_audit_events SELECT * FROM tenancy_audit_events
         ON DUPLICATE KEY UPDATE actor = 'user:nobody'",
        "REPLACE INTO tenancy_audit_heads SELECT tenant_id, 1, hash FROM tenancy_audit_heads",
        "DELETE FROM tenancy_audit_heads",
        "UPDATE tenancy_audit_heads SET sequence = 0",
        "UPDATE tenancy_audit_heads SET hash = REPEAT('x', 32)",
        "UPDATE tenancy_audit_heads SET tenant_id = REPEAT('x', 16)",
    ] {
        let error = connection.execute(attack).await.expect_err(attack).to_string();
        assert!(error.contains("audit events are never changed"), "{attack}: {error}");
    }
    for tenant in [a, b, TenantId::PLATFORM] {
        assert!(log.verify(tenant, None).await.unwrap().is_whole());
    }
}

#[tokio::test]
async fn postgres_refuses_every_change() {
    let database = Database::create(Engine::Postgres).await;
    let (log, a, b) = log(&database).await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    for attack in [
        "UPDATE tenancy_audit_events SET actor = 'user:nobody'",
        "DELETE FROM tenancy_audit_events",
        "TRUNCATE tenancy_audit_events",
        "DELETE FROM tenancy_audit_heads",
        "TRUNCATE tenancy_audit_heads CASCADE",
        "UPDATE tenancy_audit_heads SET sequence = 0",
        "INSERT INTO tenancy_audit_heads SELECT tenant_id, 9, hash FROM tenancy_audit_heads
         ON CONFLICT (tenant_id) DO UPDATE SET sequence = 1",
    ] {
        let bound = format!("BEGIN; SET LOCAL tenancy.tenant_id = '{a}'; {attack}");
        let result = connection.execute(sqlx::raw_sql(AssertSqlSafe(bound))).await;
        let error = result.expect_err(attack).to_string();
        assert!(error.contains("audit events are never changed"), "{attack}: {error}");
        connection.execute("ROLLBACK").await.unwrap();
    }
    for tenant in [a, b, TenantId::PLATFORM] {
        assert!(log.verify(tenant, None).await.unwrap().is_whole());
    }
}

/// The policies alone, without the triggers: nothing is found to change, and no other tenant's
/// chain is seen or added to.
#[tokio::test]
async fn row_level_security_stands_by_itself() {
    let database = Database::create(Engine::Postgres).await;
    let (log, a, b) = log(&database).await;
    let mut admin = database.admin().await;
    for table in ["tenancy_audit_events", "tenancy_audit_heads"] {
        admin.run(format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await;
    }
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let touched = async |connection: &mut PgConnection, tenant: &str, sql: &str| {
        let bind = format!("BEGIN; SET LOCAL tenancy.tenant_id = '{tenant}'");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(bind))).await.unwrap();
        let result = connection.execute(AssertSqlSafe(sql.to_owned())).await;
        connection.execute("ROLLBACK").await.unwrap();
        result.map(|done| done.rows_affected())
    };
    let a_bound = a.to_string();
    for sql in
        ["UPDATE tenancy_audit_events SET actor = 'user:x'", "DELETE FROM tenancy_audit_events"]
    {
        assert_eq!(touched(&mut connection, &a_bound, sql).await.unwrap(), 0, "{sql}");
    }
    for (tenant, seen) in [(&*a_bound, 2), ("", 0), (&TenantId::PLATFORM.to_string(), 2)] {
        let sql = "SELECT * FROM tenancy_audit_events";
        assert_eq!(touched(&mut connection, tenant, sql).await.unwrap(), seen, "{tenant}");
    }
    let planted = format!(
        "INSERT INTO tenancy_audit_events SELECT '{b}', 3, previous, hash, id, happened_at, action,
         outcome, actor, on_behalf_of, resource_kind, resource_id, owner, client_addr, request_id,
         times, changes, details, omitted FROM tenancy_audit_events WHERE sequence = 2"
    );
    let error = touched(&mut connection, &a_bound, &planted).await.unwrap_err().to_string();
    assert!(error.contains("row-level security"), "{error}");
    for tenant in [a, b, TenantId::PLATFORM] {
        assert!(log.verify(tenant, None).await.unwrap().is_whole());
    }
}
