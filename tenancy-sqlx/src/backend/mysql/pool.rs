use std::str::FromStr as _;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tenancy_core::{Error, ErrorKind, TenantId};
use tokio::time::timeout;

use crate::backend::Shape;
use crate::backend::error::from_sqlx;
use crate::ident;
use crate::options::TenantDbOptions;

pub(in crate::backend) fn pool(
    url: &str,
    shape: Shape,
    options: &TenantDbOptions,
) -> Result<MySqlPool, Error> {
    let connect = address(url)?;
    let pool = MySqlPoolOptions::new()
        .acquire_timeout(options.connect_timeout)
        // It costs a round trip each time; a broken connection shows when a transaction begins
        // and is replaced.
        .test_before_acquire(false);
    Ok(match shape {
        Shape::Shared => pool.max_connections(options.max_connections).connect_lazy_with(connect),
        #[cfg(feature = "probe")]
        Shape::One => pool.max_connections(1).connect_lazy_with(connect),
        // Whoever holds it closes it; no task has to watch it.
        Shape::Lane { owner, .. } => pool
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(connect.database(&ident::of_tenant(owner))),
    })
}

/// Makes the database of a tenant unless it is there.
pub(in crate::backend) async fn create_database(
    url: &str,
    owner: TenantId,
    options: &TenantDbOptions,
) -> Result<(), Error> {
    const DOING: &str = "make the database of a tenant";
    let connect = address(url)?;
    let work = async {
        let mut connection = MySqlConnection::connect_with(&connect).await?;
        // Plain by construction: a letter, an underscore and hexadecimal digits.
        let create = format!(
            "CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            ident::of_tenant(owner),
        );
        connection.execute(sqlx::raw_sql(AssertSqlSafe(create))).await?;
        connection.close().await
    };
    let done = timeout(options.statement_timeout + options.connect_timeout, work).await;
    done.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(|error| from_sqlx(DOING, error))
}

fn address(url: &str) -> Result<MySqlConnectOptions, Error> {
    const DOING: &str = "read the database URL";
    let connect = MySqlConnectOptions::from_str(url).map_err(|error| from_sqlx(DOING, error))?;
    if connect.get_database().is_none() {
        let fault = "it names no database: write mysql://user:password@host/database";
        return Err(Error::new(ErrorKind::Misconfigured, format!("{DOING}: {fault}")));
    }
    // What else sqlx would set, every transaction sets for itself. The character set is not the
    // URL's to choose: texts are sent as UTF-8, and in some others a byte of a letter is a quote.
    Ok(connect
        .charset("utf8mb4")
        .timezone(None)
        .pipes_as_concat(false)
        .no_engine_substitution(false))
}
