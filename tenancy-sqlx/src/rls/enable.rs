use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use tenancy_core::Error;

use super::policy::{Protection, statements};
use crate::TenantDb;
use crate::backend::Access;
use crate::migrate;

/// Writes policies where they are missing. A table that has them is not locked.
pub(super) async fn run(db: &TenantDb) -> Result<(), Error> {
    let mut connection = db.begin_shared(Access::ReadWrite).await?;
    migrate::lock(db, &mut connection).await?;
    for table in db.registry().tables() {
        if let Protection::Weak(_) = Protection::of(&mut connection, &table).await? {
            tracing::info!(table = table.name(), "enabling row-level security");
            let sql = AssertSqlSafe(statements(&table)).into_sql_str();
            connection.script("enable row-level security", sql).await?;
        }
    }
    connection.commit().await
}
