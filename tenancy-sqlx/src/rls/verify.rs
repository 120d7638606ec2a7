use sqlx::SqlSafeStr as _;
#[cfg(feature = "probe")]
use tenancy_core::entity::Table;
use tenancy_core::entity::{FromValue as _, Kind, Row};
use tenancy_core::{Error, ErrorKind};

use super::policy::Protection;
use crate::TenantDb;
use crate::backend::{Access, Connection};
use crate::fault::Fault;

/// Checks the role first, then every registered table.
pub(super) async fn run(db: &TenantDb) -> Result<(), Error> {
    let mut connection = db.begin_shared(Access::ReadOnly).await?;
    verify_role(&mut connection).await?;
    for table in db.registry().tables() {
        if let Some(fault) = Protection::of(&mut connection, &table, db.is_sealed()).await?.fault()
        {
            return Err(refuse(format!("use the table {:?}: {fault}", table.name())));
        }
    }
    connection.rollback().await
}

/// Checks the role alone, before anything is written with it.
pub(super) async fn role(db: &TenantDb) -> Result<(), Error> {
    let mut connection = db.begin_shared(Access::ReadOnly).await?;
    verify_role(&mut connection).await?;
    connection.rollback().await
}

/// Says what is wrong with the role, and of every registered table what is wrong with it.
#[cfg(feature = "probe")]
pub(super) async fn faults(
    db: &TenantDb,
    connection: &mut Connection,
) -> Result<Vec<(Option<Table>, Fault)>, Error> {
    let mut faults: Vec<_> =
        role_fault(connection).await?.map(|(_, fault)| (None, fault)).into_iter().collect();
    for table in db.registry().tables() {
        let fault = Protection::of(connection, &table, db.is_sealed()).await?.fault();
        faults.extend(fault.map(|fault| (Some(table), fault)));
    }
    Ok(faults)
}

async fn verify_role(connection: &mut Connection) -> Result<(), Error> {
    match role_fault(connection).await? {
        None => Ok(()),
        Some((role, Fault { what, remedy })) => {
            Err(refuse(format!("use the database role {role:?}: it {what}; {remedy}")))
        }
    }
}

/// Says what is wrong with the role, after its name.
async fn role_fault(connection: &mut Connection) -> Result<Option<(String, Fault)>, Error> {
    const REMEDY: &str = "connect as a plain one: CREATE ROLE app LOGIN PASSWORD '…' NOSUPERUSER \
                          NOBYPASSRLS; CREATE DATABASE app OWNER app";
    let sql = include_str!("role.sql").into_sql_str();
    let read = |row: &mut dyn Row| {
        Ok((
            String::from_value(row.take(0, Kind::Text)?)?,
            bool::from_value(row.take(1, Kind::Bool)?)?,
            bool::from_value(row.take(2, Kind::Bool)?)?,
        ))
    };
    let rows = connection.fetch("inspect the database role", sql, Vec::new(), read).await?;
    let Some((role, bypasses, may_become)) = rows.into_iter().next() else {
        return Err(Error::new(ErrorKind::Internal, "inspect the database role: no answer"));
    };
    let what = if bypasses {
        "is a superuser, or has BYPASSRLS or REPLICATION, so that row-level security does not \
         bind it"
    } else if may_become {
        "may become a role that row-level security does not bind"
    } else {
        return Ok(None);
    };
    Ok(Some((role, Fault::new(what, REMEDY))))
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::Misconfigured, message)
}
