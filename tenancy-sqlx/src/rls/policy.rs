use sqlx::SqlSafeStr as _;
use tenancy_core::entity::{FromValue as _, Kind, Row, Table, ToValue as _};
use tenancy_core::{Error, ErrorKind};

use crate::backend::Connection;
use crate::fault::Fault;
use crate::ident::quote;

/// The name of the policy on every tenant table.
pub(super) const NAME: &str = "tenancy_isolation";

/// The statements that protect a table. They may run again.
pub(super) fn statements(table: &Table, is_sealed: bool) -> String {
    let (name, tenant) = (quote(table.name()), quote(table.columns()[table.tenant()].name()));
    let own = if is_sealed {
        // As a subquery it is asked once a statement, and not once a row.
        format!("{tenant} = (SELECT tenancy.current_tenant())")
    } else {
        // After a local setting has ended it reads '' and not null.
        format!("{tenant} = NULLIF(current_setting('tenancy.tenant_id', true), '')::uuid")
    };
    format!(
        "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
         DROP POLICY IF EXISTS {NAME} ON {name};
         CREATE POLICY {NAME} ON {name} FOR ALL TO PUBLIC USING ({own}) WITH CHECK ({own});"
    )
}

/// How a table is guarded at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Protection {
    /// As [`statements`] leave it, and nothing beside it.
    Sound,
    /// There is no such table.
    Absent,
    /// [`statements`] would mend it.
    Weak(Fault),
    /// Something beside it lets more rows through.
    Undermined(Fault),
}

impl Protection {
    /// Asks the catalogue.
    pub(super) async fn of(
        connection: &mut Connection,
        table: &Table,
        is_sealed: bool,
    ) -> Result<Self, Error> {
        let sql = include_str!("protection.sql").into_sql_str();
        let tenant = table.columns()[table.tenant()].name();
        let values =
            vec![table.name().to_value(), tenant.to_value(), NAME.to_value(), is_sealed.to_value()];
        let rows = connection.fetch("inspect row-level security", sql, values, read).await?;
        rows.into_iter()
            .next()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "inspect row-level security: no answer"))
    }

    /// Says what is wrong and what to do, unless nothing is.
    pub(super) fn fault(self) -> Option<Fault> {
        match self {
            Self::Sound => None,
            Self::Absent => Some(Fault::new(
                "the table does not exist",
                "run TenantDb::migrate with the migration that makes it",
            )),
            Self::Weak(fault) | Self::Undermined(fault) => Some(fault),
        }
    }
}

fn read(row: &mut dyn Row) -> Result<Protection, Error> {
    let mut flag = |at| bool::from_value(row.take(at, Kind::Bool)?);
    let weak = |what, remedy| Protection::Weak(Fault::new(what, remedy));
    let undermined = |what, remedy| Protection::Undermined(Fault::new(what, remedy));
    Ok(if !flag(0)? {
        Protection::Absent
    } else if !flag(1)? {
        weak("row-level security is off", "run TenantDb::migrate as the table's owner")
    } else if !flag(2)? {
        weak("row-level security does not bind the owner", "run TenantDb::migrate as the owner")
    } else if !flag(3)? {
        weak("the tenant's policy is missing or altered", "run TenantDb::migrate as the owner")
    } else if flag(4)? {
        undermined("another permissive policy lets more rows through", "drop it")
    } else if flag(5)? {
        undermined(
            "a partition or child table has no forced row-level security",
            "enable and force it there, so that its rows are reached through this table only",
        )
    } else {
        Protection::Sound
    })
}
