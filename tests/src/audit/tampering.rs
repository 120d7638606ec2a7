//! Somebody who may write to the database changes what is stored: it shows, whatever it is.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};
use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditLog, AuditQuery, AuditSink, ChainBreak, ChainFault, ChainHead,
    ChainVerdict,
};
use tenancy_core::{Clock as _, ErrorKind, ManualClock, TenantId};
use tenancy_sqlx::SqlAuditLog;

use crate::contract::audit::full;
use crate::harness::{Admin, Database, Engine, MySqlAdmin, two_tenants};

/// Whoever owns the machine: no trigger and no policy stops them.
enum Intruder {
    Sqlite(SqliteConnection),
    MySql(MySqlAdmin),
    Postgres(Admin),
}

impl Intruder {
    async fn at(engine: Engine, database: &Database) -> Self {
        if engine == Engine::Postgres {
            let mut admin = database.admin().await;
            for table in ["tenancy_audit_events", "tenancy_audit_heads"] {
                admin.run(format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await;
            }
            return Self::Postgres(admin);
        }
        let mut intruder = match engine {
            Engine::MySql => Self::MySql(database.mysql_admin().await),
            _ => Self::Sqlite(SqliteConnection::connect(database.url()).await.unwrap()),
        };
        for trigger in [
            "events_no_update",
            "events_no_delete",
            "events_no_replace",
            "heads_stay",
            "heads_no_replace",
            "heads_advance",
        ] {
            intruder.run(&format!("DROP TRIGGER IF EXISTS tenancy_audit_{trigger}")).await;
        }
        intruder
    }

    async fn run(&mut self, sql: &str) {
        match self {
            Self::Sqlite(connection) => {
                connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
            }
            Self::MySql(admin) => admin.run(sql).await,
            Self::Postgres(admin) => admin.run(sql).await,
        }
    }

    /// Writes a tenant's id as the database does.
    fn tenant(&self, tenant: TenantId) -> String {
        match self {
            Self::Sqlite(_) | Self::MySql(_) => format!("X'{}'", tenant.uuid().as_simple()),
            Self::Postgres(_) => format!("'{tenant}'"),
        }
    }

    fn bytes(&self, hex: &str) -> String {
        match self {
            Self::Sqlite(_) | Self::MySql(_) => format!("X'{hex}'"),
            Self::Postgres(_) => format!("decode('{hex}', 'hex')"),
        }
    }

    /// Writes a moment just behind the one that is stored.
    fn later(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "'2027-01-15T08:00:00.000001Z'",
            Self::MySql(_) => "happened_at + INTERVAL 1 MICROSECOND",
            Self::Postgres(_) => "happened_at + interval '1 microsecond'",
        }
    }
}

struct Scene {
    _database: Database,
    log: SqlAuditLog,
    intruder: Intruder,
    a: TenantId,
    b: TenantId,
}

impl Scene {
    /// Two chains of four entries each.
    async fn on(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let log = SqlAuditLog::new(database.notes().await);
        let (a, b) = two_tenants();
        let at = ManualClock::at_unix(1_800_000_000).now();
        for tenant in [a, b] {
            let event = || full(AuditEvent::new(tenant, AuditAction::DATA_READ, at));
            log.record(&[(); 4].map(|()| event())).await.unwrap();
        }
        let mut intruder = Intruder::at(engine, &database).await;
        for table in ["events", "heads"] {
            let copy = format!("CREATE TABLE kept_{table} AS SELECT * FROM tenancy_audit_{table}");
            intruder.run(&copy).await;
        }
        Self { _database: database, log, intruder, a, b }
    }

    async fn restore(&mut self) {
        for table in ["events", "heads"] {
            self.intruder.run(&format!("DELETE FROM tenancy_audit_{table}")).await;
            let put = format!("INSERT INTO tenancy_audit_{table} SELECT * FROM kept_{table}");
            self.intruder.run(&put).await;
        }
        assert!(self.verify(self.a, None).await.is_whole());
    }

    async fn verify(&self, tenant: TenantId, kept: Option<&ChainHead>) -> ChainVerdict {
        self.log.verify(tenant, kept).await.unwrap()
    }

    async fn broken(&self, kept: Option<&ChainHead>) -> Option<ChainBreak> {
        self.verify(self.a, kept).await.broken()
    }
}

const ENGINES: [Engine; 3] = [Engine::Sqlite, Engine::MySql, Engine::Postgres];

#[tokio::test]
async fn a_change_of_any_column_shows() {
    for engine in ENGINES {
        let mut scene = Scene::on(engine).await;
        let intruder = &scene.intruder;
        let other = intruder.bytes(&"ab".repeat(32));
        let changes = [
            format!("previous = {other}"),
            format!("hash = {other}"),
            format!("id = {}", intruder.tenant(TenantId::generate())),
            format!("happened_at = {}", intruder.later()),
            "action = 'data.write'".to_owned(),
            "outcome = 'succeeded'".to_owned(),
            "actor = 'user:bob'".to_owned(),
            "actor = NULL".to_owned(),
            "actor = 'nobody'".to_owned(),
            "on_behalf_of = NULL".to_owned(),
            "resource_kind = 'patient'".to_owned(),
            "resource_id = NULL".to_owned(),
            "resource_kind = 'patient', resource_id = 'file:17:a'".to_owned(),
            "owner = actor".to_owned(),
            "client_addr = '2001:db8::2'".to_owned(),
            // The same address in another spelling.
            "client_addr = '2001:DB8:0::1'".to_owned(),
            "client_addr = 'nowhere'".to_owned(),
            "request_id = NULL".to_owned(),
            "request_id = 'two words'".to_owned(),
            "times = times + 1".to_owned(),
            "changes = '[]'".to_owned(),
            "changes = '{'".to_owned(),
            // The same changes in another spelling.
            "changes = replace(changes, ',', ', ')".to_owned(),
            "details = '{}'".to_owned(),
            "details = '{\"via\":\"jwt\",\"limit\":\"principal\"}'".to_owned(),
            "omitted = 0".to_owned(),
            "omitted = -1".to_owned(),
        ];
        for change in changes {
            let a = scene.intruder.tenant(scene.a);
            let sql = format!(
                "UPDATE tenancy_audit_events SET {change} WHERE tenant_id = {a} AND sequence = 2"
            );
            scene.intruder.run(&sql).await;
            let broken = ChainBreak { sequence: 2, fault: ChainFault::Altered };
            assert_eq!(scene.broken(None).await, Some(broken), "{change}");
            // The neighbour's chain is whole all the same.
            assert!(scene.verify(scene.b, None).await.is_whole());
            scene.restore().await;
        }
    }
}

#[tokio::test]
async fn rows_that_are_removed_moved_or_added_show() {
    for engine in ENGINES {
        let mut scene = Scene::on(engine).await;
        let (a, b) = (scene.intruder.tenant(scene.a), scene.intruder.tenant(scene.b));
        let broken = |sequence, fault| Some(ChainBreak { sequence, fault });
        let of_a = format!("WHERE tenant_id = {a} AND sequence");
        let attacks = [
            (
                format!("DELETE FROM tenancy_audit_events {of_a} = 1"),
                broken(1, ChainFault::Missing),
            ),
            (
                format!("DELETE FROM tenancy_audit_events {of_a} = 3"),
                broken(3, ChainFault::Missing),
            ),
            (
                format!("DELETE FROM tenancy_audit_events {of_a} = 4"),
                broken(4, ChainFault::Truncated),
            ),
            (
                format!("DELETE FROM tenancy_audit_events {of_a} > 0"),
                broken(1, ChainFault::Truncated),
            ),
            (
                format!("UPDATE tenancy_audit_events SET sequence = 9 {of_a} = 2"),
                broken(2, ChainFault::Missing),
            ),
            (
                format!(
                    "UPDATE tenancy_audit_events SET sequence = 9 {of_a} = 2;
                     UPDATE tenancy_audit_events SET sequence = 2 {of_a} = 3;
                     UPDATE tenancy_audit_events SET sequence = 3 {of_a} = 9"
                ),
                broken(2, ChainFault::Altered),
            ),
            // The neighbour's entry, under this tenant's name.
            (
                format!(
                    "DELETE FROM tenancy_audit_events {of_a} = 2;
                     UPDATE tenancy_audit_events SET tenant_id = {a}
                     WHERE tenant_id = {b} AND sequence = 2"
                ),
                broken(2, ChainFault::Altered),
            ),
            (
                format!("DELETE FROM tenancy_audit_heads WHERE tenant_id = {a}"),
                broken(1, ChainFault::Replaced),
            ),
            (
                format!("UPDATE tenancy_audit_heads SET sequence = 3 WHERE tenant_id = {a}"),
                broken(3, ChainFault::Replaced),
            ),
        ];
        for (attack, expected) in attacks {
            scene.intruder.run(&attack).await;
            assert_eq!(scene.broken(None).await, expected, "{attack}");
            scene.restore().await;
        }
    }
}

/// The end and the whole are guarded by a head that is kept elsewhere.
#[tokio::test]
async fn with_a_kept_head_the_end_shows_too() {
    for engine in ENGINES {
        let mut scene = Scene::on(engine).await;
        let kept = scene.log.head(scene.a).await.unwrap();
        let a = scene.intruder.tenant(scene.a);
        // Cut neatly: the newest entry is gone, and the head is that of the one before.
        let cut = format!(
            "DELETE FROM tenancy_audit_events WHERE tenant_id = {a} AND sequence = 4;
             UPDATE tenancy_audit_heads SET sequence = 3, hash =
                (SELECT hash FROM tenancy_audit_events WHERE tenant_id = {a} AND sequence = 3)
             WHERE tenant_id = {a}"
        );
        scene.intruder.run(&cut).await;
        assert!(scene.verify(scene.a, None).await.is_whole(), "as documented");
        let truncated = ChainBreak { sequence: 4, fault: ChainFault::Truncated };
        assert_eq!(scene.broken(Some(&kept)).await, Some(truncated));
        // And written on as if nothing had been.
        let at = ManualClock::at_unix(1_800_000_000).now();
        scene.log.record(&[AuditEvent::new(scene.a, AuditAction::DATA_READ, at)]).await.unwrap();
        let replaced = ChainBreak { sequence: 4, fault: ChainFault::Replaced };
        assert_eq!(scene.broken(Some(&kept)).await, Some(replaced));
    }
}

/// What was altered is not shown as if it were true.
#[tokio::test]
async fn an_unreadable_row_is_an_error_and_names_its_place() {
    for engine in ENGINES {
        let mut scene = Scene::on(engine).await;
        let a = scene.intruder.tenant(scene.a);
        let sql = "UPDATE tenancy_audit_events SET changes = 'x' WHERE sequence = 3";
        scene.intruder.run(&format!("{sql} AND tenant_id = {a}")).await;
        let error = scene.log.find(scene.a, &AuditQuery::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.message().contains("audit entry 3 was altered"), "{error}");
        assert_eq!(scene.log.find(scene.b, &AuditQuery::new()).await.unwrap().len(), 4);
    }
}
