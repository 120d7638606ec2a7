//! The logs: in memory, and in SQL on every engine.

mod memory {
    use tenancy_core::audit::MemoryAuditLog;

    use crate::contract::audit::{AuditBench, audit_contract};

    audit_contract!(AuditBench::new(MemoryAuditLog::new(), None));
}

macro_rules! sql {
    ($module:ident, $engine:ident) => {
        mod $module {
            use tenancy_sqlx::SqlAuditLog;

            use crate::contract::audit::{AuditBench, audit_contract};
            use crate::harness::{Database, Engine};

            audit_contract!({
                let database = Database::create(Engine::$engine).await;
                let log = SqlAuditLog::new(database.notes().await);
                AuditBench::new(log, Some(database))
            });
        }
    };
}

sql!(sqlite, Sqlite);
sql!(sqlite_memory, SqliteMemory);
sql!(mysql, MySql);
sql!(postgres, Postgres);
sql!(pgbouncer, PgBouncer);
