use std::str::FromStr as _;

use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use tenancy_core::{Error, ErrorKind};

use crate::backend::error::from_sqlx;
use crate::options::TenantDbOptions;

pub(in crate::backend) fn pool(url: &str, options: &TenantDbOptions) -> Result<MySqlPool, Error> {
    const DOING: &str = "read the database URL";
    let connect = MySqlConnectOptions::from_str(url).map_err(|error| from_sqlx(DOING, error))?;
    if connect.get_database().is_none() {
        let fault = "it names no database: write mysql://user:password@host/database";
        return Err(Error::new(ErrorKind::Misconfigured, format!("{DOING}: {fault}")));
    }
    // What else sqlx would set, every transaction sets for itself. The character set is not the
    // URL's to choose: texts are sent as UTF-8, and in some others a byte of a letter is a quote.
    let connect = connect
        .charset("utf8mb4")
        .timezone(None)
        .pipes_as_concat(false)
        .no_engine_substitution(false);
    Ok(MySqlPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        // It costs a round trip each time; a broken connection shows when a transaction begins
        // and is replaced.
        .test_before_acquire(false)
        .connect_lazy_with(connect))
}
