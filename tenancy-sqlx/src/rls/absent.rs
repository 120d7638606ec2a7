use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, ToValue as _};
use tenancy_core::{Error, ErrorKind};

use crate::TenantDb;
use crate::backend::Access;

/// Refuses a table whose rows nobody would see, because its policy waits for a tenant that is never
/// named.
pub(super) async fn verify(db: &TenantDb) -> Result<(), Error> {
    const DOING: &str = "look for row-level security";
    const SQL: &str = "SELECT to_regclass($1) IS NULL,
        coalesce(pg_catalog.row_security_active(to_regclass($1)::oid), false)";
    let mut connection = db.begin_shared(Access::ReadOnly).await?;
    for table in db.registry().tables() {
        let values = vec![table.name().to_value()];
        let rows = connection.fetch(DOING, SQL.into_sql_str(), values, read).await?;
        let fault = match rows.first() {
            Some((false, false)) => continue,
            Some((false, true)) => {
                "row-level security would hide all of its rows: take .binding(Binding::None) away, \
                 or disable it there"
            }
            _ => "the table does not exist: run TenantDb::migrate with the migration that makes it",
        };
        let message = format!("use the table {:?}: {fault}", table.name());
        return Err(Error::new(ErrorKind::Misconfigured, message));
    }
    connection.rollback().await
}

fn read(row: &mut dyn Row) -> Result<(bool, bool), Error> {
    let mut flag = |at| bool::from_value(row.take(at, Kind::Bool)?);
    Ok((flag(0)?, flag(1)?))
}
