use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row};
use tenancy_core::{Error, ErrorKind};

use super::policy::Protection;
use crate::TenantDb;
use crate::backend::{Access, Connection};

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

async fn verify_role(connection: &mut Connection) -> Result<(), Error> {
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
    let remedy = "connect as a plain one: CREATE ROLE app LOGIN PASSWORD '…' NOSUPERUSER \
                  NOBYPASSRLS; CREATE DATABASE app OWNER app";
    if bypasses {
        let fault = "is a superuser, or has BYPASSRLS or REPLICATION, so that row-level security \
                     does not bind it";
        return Err(refuse(format!("use the database role {role:?}: it {fault}; {remedy}")));
    }
    if may_become {
        let fault = "may become a role that row-level security does not bind";
        return Err(refuse(format!("use the database role {role:?}: it {fault}; {remedy}")));
    }
    Ok(())
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::Misconfigured, message)
}
