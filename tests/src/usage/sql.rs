//! The meter in SQL, on each database.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tenancy_core::ManualClock;
use tenancy_core::usage::{Hour, Meter, Month, UsageHistory as _, UsageMeter as _};
use tenancy_sqlx::SqlUsageMeter;

use crate::contract::meter::MeterBench;
use crate::harness::{Database, Engine, two_tenants};

async fn meter(database: &Database, clock: Arc<ManualClock>) -> SqlUsageMeter {
    SqlUsageMeter::with_clock(database.notes().await, clock)
}

macro_rules! on {
    ($($module:ident: $engine:ident,)*) => {$(
        mod $module {
            use super::*;
            use crate::contract::meter::meter_contract;
            use crate::contract::sink::{SinkBench, sink_contract};

            meter_contract!({
                let database = Database::create(Engine::$engine).await;
                let clock = MeterBench::clock();
                MeterBench::new(meter(&database, clock.clone()).await, clock).keeping(database)
            });
            sink_contract!({
                let database = Database::create(Engine::$engine).await;
                let clock = MeterBench::clock();
                SinkBench::new(meter(&database, clock.clone()).await, clock, Some(database))
            });
        }
    )*};
}

on! {
    sqlite: Sqlite,
    sqlite_memory: SqliteMemory,
    mysql: MySql,
    postgres: Postgres,
    pgbouncer: PgBouncer,
}

async fn shows_the_hours(engine: Engine) {
    let database = Database::create(engine).await;
    let clock = MeterBench::clock();
    let meter = meter(&database, clock.clone()).await;
    let (a, b) = two_tenants();
    let first = Hour::current(&*clock);
    for count in 1..=3 {
        meter.record(a, &[(Meter::API_CALLS, count), (Meter::TRANSACTIONS, 9)]).await.unwrap();
        meter.record(a, &[(Meter::API_CALLS, count)]).await.unwrap();
        meter.record(b, &[(Meter::API_CALLS, 100)]).await.unwrap();
        clock.advance(Duration::from_hours(2));
    }
    let all = meter.hours(a, &Meter::API_CALLS, first..first.plus(24)).await.unwrap();
    assert_eq!(all, [(first, 2), (first.plus(2), 4), (first.plus(4), 6)]);
    let some = meter.hours(b, &Meter::API_CALLS, first.next()..first.plus(4)).await.unwrap();
    assert_eq!(some, [(first.plus(2), 100)]);
    let none = meter.hours(b, &Meter::API_CALLS, first.plus(4)..first).await.unwrap();
    assert_eq!(none, []);
}

#[tokio::test]
async fn sqlite_shows_the_hours() {
    shows_the_hours(Engine::Sqlite).await;
}

#[tokio::test]
async fn postgres_shows_the_hours() {
    shows_the_hours(Engine::Postgres).await;
}

/// The database's own guard: a transaction of one tenant neither sees nor writes another's usage.
#[tokio::test]
async fn row_level_security_stands_by_itself() {
    let database = Database::create(Engine::Postgres).await;
    let clock = MeterBench::clock();
    let meter = meter(&database, clock.clone()).await;
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        meter.record(tenant, &[(Meter::API_CALLS, 7)]).await.unwrap();
    }
    let tables: i64 = database
        .admin()
        .await
        .count(
            "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relrowsecurity
             AND relforcerowsecurity AND relname ~ '^tenancy_(usage|quota)'",
        )
        .await;
    let all =
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^tenancy_(usage|quota)'";
    assert_eq!(tables, database.admin().await.count(all).await);
    assert!(tables >= 10);

    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let mut touched = async |tenant: &str, sql: &str| {
        let bind = format!("BEGIN; SET LOCAL tenancy.tenant_id = '{tenant}'");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(bind))).await.unwrap();
        let result = connection.execute(AssertSqlSafe(sql.to_owned())).await;
        connection.execute("ROLLBACK").await.unwrap();
        result.map(|done| done.rows_affected())
    };
    for sql in ["SELECT * FROM tenancy_usage_totals", "UPDATE tenancy_usage_totals SET total = 0"] {
        assert_eq!(touched(&a.to_string(), sql).await.unwrap(), 1, "{sql}");
        assert_eq!(touched("", sql).await.unwrap(), 0, "{sql}");
    }
    let planted = format!(
        "INSERT INTO tenancy_usage_totals (tenant_id, month, meter, dimension, total)
         VALUES ('{b}', '2026-11', 'planted', '', 1)"
    );
    let error = touched(&a.to_string(), &planted).await.unwrap_err().to_string();
    assert!(error.contains("row-level security"), "{error}");
    let month = Month::current(&*clock);
    assert_eq!(meter.usage(b, month).await.unwrap().of(&Meter::API_CALLS), 7);
}
