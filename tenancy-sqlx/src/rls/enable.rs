use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use tenancy_core::entity::{FromValue as _, Kind, Row};
use tenancy_core::{Error, ErrorKind};

use super::policy::{Protection, statements};
use crate::TenantDb;
use crate::backend::{Access, Connection};
use crate::migrate;

/// Writes policies where they are missing. A table that has them is not locked.
pub(super) async fn run(db: &TenantDb) -> Result<(), Error> {
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    migrate::lock(db, &mut connection).await?;
    if !db.is_sealed() {
        require_unsealed(&mut connection).await?;
    }
    for table in db.registry().tables() {
        if let Protection::Weak(_) = Protection::of(&mut connection, &table, db.is_sealed()).await?
        {
            tracing::info!(table = table.name(), "enabling row-level security");
            let sql = AssertSqlSafe(statements(&table, db.is_sealed())).into_sql_str();
            connection.script("enable row-level security", sql).await?;
        }
    }
    connection.commit().await
}

/// Refuses to take a seal off by having forgotten it.
async fn require_unsealed(connection: &mut Connection) -> Result<(), Error> {
    let sql = "SELECT to_regprocedure('tenancy.current_tenant()') IS NULL".into_sql_str();
    let read = |row: &mut dyn Row| bool::from_value(row.take(0, Kind::Bool)?);
    let is_unsealed = connection.fetch("look for a seal", sql, Vec::new(), read).await?;
    if is_unsealed == [true] {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Misconfigured,
        "enable row-level security: this database has sealed binding: add .sealed(key) to \
         TenantDb::options(); to give it up, drop the schema tenancy first",
    ))
}
