//! What stands between this program and Postgres, found out by trying.

use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use tenancy_core::{Error, ErrorKind};
use tokio::time::timeout;

use super::error::from_sqlx;
use super::postgres::address;
use super::route::Route;
use crate::options::TenantDbOptions;

const DOING: &str = "find out whether a pooler stands before the database";

/// A pooler that is used by others meanwhile may give either connection any of its own: each try
/// is another chance to see the two on one.
const TRIES: usize = 3;

/// Opens two connections beside the pool and watches whether they meet at the server.
pub(super) async fn inspect(url: &str, options: &TenantDbOptions) -> Result<Route, Error> {
    let connect = address(url)?;
    let work = async {
        let mut first = PgConnection::connect_with(&connect).await?;
        let mut second = PgConnection::connect_with(&connect).await?;
        let route = if !share_a_process(&mut first, &mut second).await? {
            Route::Direct
        } else if options.prepared && mix_statements(&mut first, &mut second).await? {
            Route::MixesStatements
        } else {
            Route::SharesSessions
        };
        // They are of no more use; how they end changes nothing.
        let _ = tokio::join!(first.close(), second.close());
        Ok(route)
    };
    // Two connections, and a few answers.
    let done = timeout(options.connect_timeout * 3, work).await;
    match done.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
        Ok(route) => Ok(route),
        Err(sqlx::Error::Database(fault)) if fault.code().is_some_and(|code| code == "53300") => {
            let message = format!("{DOING}: it takes two connections beside those of the pool");
            Err(Error::new(ErrorKind::Unavailable, message))
        }
        Err(error) => Err(from_sqlx(DOING, error)),
    }
}

/// Two connections to a server never have the same process, and one never changes its own. A
/// pooler in transaction mode keeps neither: between transactions a process is anybody's.
async fn share_a_process(
    first: &mut PgConnection,
    second: &mut PgConnection,
) -> sqlx::Result<bool> {
    const OWN: &str = "SELECT pg_catalog.pg_backend_pid()";
    for _ in 0..TRIES {
        let before = process(first, OWN).await?;
        // A pooler that takes its connections in turn shows here.
        if before != process(first, OWN).await? {
            return Ok(true);
        }
        // One that takes the last shows here: a transaction keeps the process that the first left.
        let other = process(second, "BEGIN; SELECT pg_catalog.pg_backend_pid()").await?;
        let is_shared = before == other || before != process(first, OWN).await?;
        second.execute(sqlx::raw_sql("ROLLBACK")).await?;
        if is_shared {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn process(connection: &mut PgConnection, sql: &'static str) -> sqlx::Result<i32> {
    sqlx::raw_sql(sql).fetch_one(connection).await?.try_get(0)
}

/// Prepares a statement on each connection under the name that sqlx gives the first one, and
/// looks whether each runs its own.
async fn mix_statements(first: &mut PgConnection, second: &mut PgConnection) -> sqlx::Result<bool> {
    let mut is_mixed = false;
    for _ in 0..TRIES {
        is_mixed |= !answers_itself(first, "first").await?;
        is_mixed |= !answers_itself(second, "second").await?;
        if is_mixed {
            break;
        }
    }
    // What was prepared is on a connection that others use.
    for connection in [first, second] {
        let _ = connection.clear_cached_statements().await;
    }
    Ok(is_mixed)
}

/// False when another statement ran, or none of that name, or the name was taken.
async fn answers_itself(connection: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    let sql = AssertSqlSafe(format!("SELECT 'tenancy {name}'::text"));
    let answer = sqlx::query_scalar::<_, String>(sql).fetch_one(connection).await;
    match answer {
        Ok(answer) => Ok(answer == format!("tenancy {name}")),
        Err(sqlx::Error::Database(fault))
            if fault
                .try_downcast_ref::<PgDatabaseError>()
                .is_some_and(|fault| is_about_prepared(fault.code())) =>
        {
            Ok(false)
        }
        // Another statement's row has other columns.
        Err(sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnIndexOutOfBounds { .. }) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The name is taken; there is no such statement; it has other parameters; it returns other
/// columns.
fn is_about_prepared(code: &str) -> bool {
    matches!(code, "42P05" | "26000" | "08P01" | "0A000")
}
