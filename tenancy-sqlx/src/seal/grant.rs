use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _};
use tenancy_core::{Error, ErrorKind};

use crate::TenantDb;
use crate::backend::{Access, Backend};
use crate::ident::{is_plain, quote};

/// Gives a role what a service needs, and no more: no table is its own, none can be emptied.
pub(crate) async fn grant(db: &TenantDb, role: &str, schema: &str) -> Result<(), Error> {
    if db.backend() != Backend::Postgres {
        return Ok(());
    }
    if !is_plain(role) {
        return Err(Error::invalid(
            "role",
            "grant rights to a role: its name must be plain: a-z, 0-9 and _, 63 at most",
        ));
    }
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    let own = "SELECT relname::text FROM pg_class
               WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p')
                 AND relname LIKE 'tenancy\\_%'";
    let read = |row: &mut dyn Row| String::from_value(row.take(0, Kind::Text)?);
    let values = vec![schema.to_value()];
    let own =
        connection.fetch("list the library's tables", own.into_sql_str(), values, read).await?;
    let registered = db.registry().tables();
    let tables = registered.iter().map(Table::name).chain(db.shared_registry().tables());
    let tables: Vec<&str> = tables.collect();
    let (role, schema) = (quote(role), quote(schema));
    let mut script = format!("GRANT USAGE ON SCHEMA {schema} TO {role};");
    for table in tables.into_iter().chain(own.iter().map(String::as_str)) {
        // Plain names all of them: those of the library begin with its own name.
        if !is_plain(table) {
            return Err(Error::new(ErrorKind::Internal, "grant rights: a table has an odd name"));
        }
        let table = quote(table);
        write!(script, "GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.{table} TO {role};")
            .expect("writing to a string does not fail");
    }
    connection.script("grant rights to a role", AssertSqlSafe(script).into_sql_str()).await?;
    connection.commit().await
}
