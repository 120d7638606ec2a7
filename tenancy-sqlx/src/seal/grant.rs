use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _};
use tenancy_core::{Error, ErrorKind};

use crate::TenantDb;
use crate::backend::{Access, Connection};
use crate::ident::{is_plain, of_tenant, quote};
use crate::pool::Room;

/// Gives a role what a service needs at this place, and no more: no table is its own, none can be
/// emptied. Elsewhere than on Postgres it does nothing.
pub(crate) async fn grant(db: &TenantDb, role: &str) -> Result<(), Error> {
    require_plain(role)?;
    let Some(schema) = db.schema_here() else { return Ok(()) };
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    let tables = tables(db, &mut connection, &schema).await?;
    let (role, schema) = (quote(role), quote(&schema));
    let mut script = format!("GRANT USAGE ON SCHEMA {schema} TO {role};");
    let mut add = |right: &str, on: &str| {
        write!(script, "GRANT {right} ON {on} TO {role};").expect("a string takes all");
    };
    if let Room::Database(owner) = db.place().room {
        add("CONNECT", &format!("DATABASE {}", quote(&of_tenant(owner))));
    }
    for table in tables {
        // Plain names all of them: those of the library begin with its own name.
        if !is_plain(&table) {
            return Err(Error::new(ErrorKind::Internal, "grant rights: a table has an odd name"));
        }
        add("SELECT, INSERT, UPDATE, DELETE", &format!("{schema}.{}", quote(&table)));
    }
    connection.script("grant rights to a role", AssertSqlSafe(script).into_sql_str()).await?;
    connection.commit().await
}

pub(crate) fn require_plain(role: &str) -> Result<(), Error> {
    if is_plain(role) {
        return Ok(());
    }
    Err(Error::invalid(
        "role",
        "grant rights to a role: its name must be plain: a-z, 0-9 and _, 63 at most",
    ))
}

/// The registered tables that are in a schema, and the library's own there.
async fn tables(
    db: &TenantDb,
    connection: &mut Connection,
    schema: &str,
) -> Result<Vec<String>, Error> {
    let sql = "SELECT relname::text FROM pg_class
               WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p')
                 AND (relname LIKE 'tenancy\\_%' OR relname = ANY(string_to_array($2, ',')))
               ORDER BY relname";
    let registered = db.registry().tables();
    let names = registered.iter().map(Table::name).chain(db.shared_registry().tables());
    let names = names.collect::<Vec<_>>().join(",");
    let read = |row: &mut dyn Row| String::from_value(row.take(0, Kind::Text)?);
    let values = vec![schema.to_value(), names.to_value()];
    connection.fetch("list the tables", sql.into_sql_str(), values, read).await
}
