//! Row-level security on Postgres: the database's own guard.
//!
//! For every registered table: row-level security enabled and *forced*, so that it binds the
//! table's owner too, and one policy that compares the tenant's column with the tenant the
//! transaction was begun for. No exception is built into the policy: who may cross tenants does
//! so by another role.

mod absent;
mod enable;
mod policy;
mod verify;

use tenancy_core::Error;
#[cfg(feature = "probe")]
use tenancy_core::entity::Table;

use crate::TenantDb;
use crate::backend::Backend;
#[cfg(feature = "probe")]
use crate::backend::Connection;
use crate::binding::Binding;
#[cfg(feature = "probe")]
use crate::fault::Fault;

/// Protects every registered table that is not protected yet.
pub(crate) async fn enable(db: &TenantDb) -> Result<(), Error> {
    match db.backend() {
        Backend::Postgres if is_told(db) => enable::run(db).await,
        // There is no such guard, or none is wanted.
        Backend::Postgres | Backend::MySql | Backend::Sqlite => Ok(()),
    }
}

/// Refuses a role that row-level security would not bind.
pub(crate) async fn verify_role(db: &TenantDb) -> Result<(), Error> {
    match db.backend() {
        Backend::Postgres if is_told(db) => verify::role(db).await,
        Backend::Postgres | Backend::MySql | Backend::Sqlite => Ok(()),
    }
}

/// Refuses a database that would not keep tenants apart by itself.
pub(crate) async fn verify(db: &TenantDb) -> Result<(), Error> {
    match db.backend() {
        Backend::Postgres if is_told(db) => verify::run(db).await,
        Backend::Postgres => absent::verify(db).await,
        Backend::MySql | Backend::Sqlite => Ok(()),
    }
}

/// Whether the database learns whom a statement is for.
fn is_told(db: &TenantDb) -> bool {
    db.options_in_use().binding != Binding::None
}

/// Says everything that [`verify`] would refuse: of the role, which has no table, and of tables.
#[cfg(feature = "probe")]
pub(crate) async fn faults(
    db: &TenantDb,
    connection: &mut Connection,
) -> Result<Vec<(Option<Table>, Fault)>, Error> {
    match db.backend() {
        Backend::Postgres if is_told(db) => verify::faults(db, connection).await,
        Backend::Postgres | Backend::MySql | Backend::Sqlite => Ok(Vec::new()),
    }
}
