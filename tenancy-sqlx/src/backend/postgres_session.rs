//! A tenant named for the session of a connection, and taken back when that is given back.

use std::fmt::Write as _;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};
use tenancy_core::TenantId;
use tokio::time::timeout;

use super::pools::Begin;
use super::postgres::{TENANT_SETTING, milliseconds};
use crate::ident::quote;
use crate::options::TenantDbOptions;

/// Names the tenant of a session that reads, and pins what every transaction pins.
///
/// As one message it takes effect as a whole or not at all.
pub(super) fn bind(begin: &Begin<'_>, tenant: TenantId) -> SqlStr {
    let mut text = String::with_capacity(200);
    let (schema, timeout) = (quote(&begin.schema), milliseconds(begin.statement_timeout));
    write!(
        text,
        "SET {TENANT_SETTING} = '{tenant}'; SET default_transaction_read_only = on; \
         SET search_path = {schema}, pg_temp; SET statement_timeout = {timeout}"
    )
    .expect("writing to a string does not fail");
    AssertSqlSafe(text).into_sql_str()
}

/// Takes a session's settings back whenever its connection comes back, whichever way: after a
/// panic, an error, a future that was dropped. A connection that does not prove it is closed.
pub(super) fn clear_on_release(pool: PgPoolOptions, options: &TenantDbOptions) -> PgPoolOptions {
    // A statement whose reader is gone is waited for: it ends by its own time-out.
    let patience = options.connect_timeout + options.statement_timeout;
    pool.after_release(move |connection, _| Box::pin(clear(connection, patience)))
}

async fn clear(connection: &mut PgConnection, patience: Duration) -> sqlx::Result<bool> {
    // What a transaction has left to roll back goes first by itself.
    const CLEAR: &str = "RESET ALL; SELECT pg_catalog.current_setting('tenancy.tenant_id', true)";
    let answer = sqlx::raw_sql(CLEAR).fetch_one(connection);
    let row = timeout(patience, answer).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    let left: Option<String> = row.try_get(0)?;
    Ok(left.is_none_or(|tenant| tenant.is_empty()))
}
