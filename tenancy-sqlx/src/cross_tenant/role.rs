use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _};
use tenancy_core::{Error, ErrorKind};

use crate::backend::{Backend, Begin, Lease, Pools};
use crate::options::TenantDbOptions;

/// Refuses a role that could do more than read, or that would not see all rows.
pub(super) async fn verify(pools: &Pools, options: &TenantDbOptions) -> Result<(), Error> {
    if pools.backend() != Backend::Postgres {
        return Ok(());
    }
    let mut connection = pools.begin(Begin::reading(options), Lease::default(), options).await?;
    let tables: Vec<_> = options.registry.tables().iter().map(Table::name).collect();
    let sql = include_str!("role.sql").into_sql_str();
    let values = vec![tables.join(",").to_value()];
    let rows = connection.fetch("inspect the role of cross-tenant reads", sql, values, read);
    let role = rows.await?.into_iter().next().ok_or_else(|| {
        Error::new(ErrorKind::Internal, "inspect the role of cross-tenant reads: no answer")
    })?;
    connection.rollback().await?;
    match role.fault() {
        None => Ok(()),
        Some(fault) => Err(Error::new(
            ErrorKind::Misconfigured,
            format!("cross tenants as the database role {:?}: {fault}", role.name),
        )),
    }
}

struct Role {
    name: String,
    is_too_strong: bool,
    sees_all: bool,
    unreadable: Option<String>,
    writable: Option<String>,
}

fn read(row: &mut dyn Row) -> Result<Role, Error> {
    Ok(Role {
        name: String::from_value(row.take(0, Kind::Text)?)?,
        is_too_strong: bool::from_value(row.take(1, Kind::Bool)?)?,
        sees_all: bool::from_value(row.take(2, Kind::Bool)?)?,
        unreadable: Option::from_value(row.take(3, Kind::Text)?)?,
        writable: Option::from_value(row.take(4, Kind::Text)?)?,
    })
}

impl Role {
    /// Says what is wrong and what to do, unless nothing is.
    fn fault(&self) -> Option<String> {
        const REMEDY: &str = "connect as one made for it: CREATE ROLE reports LOGIN PASSWORD '…' \
                              NOSUPERUSER BYPASSRLS; GRANT SELECT ON … TO reports";
        if self.is_too_strong {
            return Some(format!("it is a superuser, or may become one, or replicates; {REMEDY}"));
        }
        if !self.sees_all {
            return Some(format!("row-level security would hide all rows from it; {REMEDY}"));
        }
        if let Some(table) = &self.writable {
            return Some(format!(
                "it may change the table {table:?}: take that right away, or {REMEDY}"
            ));
        }
        self.unreadable.as_ref().map(|table| {
            format!("it may not read the table {table:?}: GRANT SELECT ON {table} TO it")
        })
    }
}
