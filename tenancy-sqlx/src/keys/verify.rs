use tenancy_core::{Error, ErrorKind};

use super::catalogue::Keys;
use super::rule::fault;
use crate::TenantDb;
use crate::backend::Access;

/// Refuses a registered table whose keys do not keep tenants apart.
pub(crate) async fn verify(db: &TenantDb) -> Result<(), Error> {
    let tables = db.registry().tables();
    if tables.is_empty() {
        return Ok(());
    }
    let mut connection = db.begin_shared(Access::ReadOnly).await?;
    for table in &tables {
        let keys = Keys::of(&mut connection, db.backend(), table).await?;
        if let Some(fault) = fault(table, &keys, &tables) {
            let message = format!("use the table {:?}: {fault}", table.name());
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
    }
    connection.rollback().await
}
