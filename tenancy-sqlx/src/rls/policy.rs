use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _};
use tenancy_core::{Error, ErrorKind};

use crate::backend::Connection;
use crate::ident::quote;

/// The name of the policy on every tenant table.
pub(super) const NAME: &str = "tenancy_isolation";

/// The statements that protect a table. They may run again.
pub(super) fn statements(table: &Table) -> String {
    let (name, tenant) = (quote(table.name()), quote(table.columns()[table.tenant()].name()));
    // After a local setting has ended it reads '' and not null.
    let own = format!("{tenant} = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid");
    format!(
        "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
         DROP POLICY IF EXISTS {NAME} ON {name};
         CREATE POLICY {NAME} ON {name} FOR ALL TO PUBLIC USING ({own}) WITH CHECK ({own});"
    )
}

/// How a table is guarded at present.
#[derive(Debug)]
pub(super) struct Protection {
    exists: bool,
    is_enabled: bool,
    is_forced: bool,
    has_policy: bool,
    /// Policies beside ours that let rows through.
    strangers: i64,
}

impl Protection {
    /// Asks the catalogue.
    pub(super) async fn of(connection: &mut Connection, table: &Table) -> Result<Self, Error> {
        let sql = sqlx::SqlSafeStr::into_sql_str(include_str!("protection.sql"));
        let tenant = table.columns()[table.tenant()].name();
        let values = vec![table.name().to_value(), tenant.to_value(), NAME.to_value()];
        let rows = connection.fetch("inspect row-level security", sql, values, read).await?;
        rows.into_iter()
            .next()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "inspect row-level security: no answer"))
    }

    /// Names the first fault, or none.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if !self.exists {
            Some("the table does not exist: run TenantDb::migrate with the migration that makes it")
        } else if !self.is_enabled {
            Some("row-level security is off: run TenantDb::migrate as the table's owner")
        } else if !self.is_forced {
            Some("row-level security does not bind the owner: run TenantDb::migrate as the owner")
        } else if !self.has_policy {
            Some("the tenant's policy is missing or altered: run TenantDb::migrate as the owner")
        } else if self.strangers > 0 {
            Some("another permissive policy lets more rows through: drop it")
        } else {
            None
        }
    }

    /// Tells whether [`statements`] would mend it.
    pub(super) fn can_be_enabled(&self) -> bool {
        self.exists && !(self.is_enabled && self.is_forced && self.has_policy)
    }
}

fn read(row: &mut dyn Row) -> Result<Protection, Error> {
    Ok(Protection {
        exists: bool::from_value(row.take(0, Kind::Bool)?)?,
        is_enabled: bool::from_value(row.take(1, Kind::Bool)?)?,
        is_forced: bool::from_value(row.take(2, Kind::Bool)?)?,
        has_policy: bool::from_value(row.take(3, Kind::Bool)?)?,
        strangers: i64::from_value(row.take(4, Kind::Int)?)?,
    })
}
