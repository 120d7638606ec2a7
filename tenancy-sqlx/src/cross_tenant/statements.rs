use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::Order;
use tenancy_core::entity::Table;

use crate::ident::quote;

/// The SQL text of every verb over the tenants of one entity, built once.
///
/// The values stand in the order of the text. Pages go by tenant and key together, which is the
/// primary key.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) get: SqlStr,
    pub(super) count: SqlStr,
    pub(super) count_by_tenant: SqlStr,
    /// By order, then by whether it begins behind a row.
    lists: [[SqlStr; 2]; 2],
}

impl Statements {
    pub(super) fn new(table: &Table) -> Self {
        let column = |at: usize| quote(table.columns()[at].name());
        let (name, tenant, key) =
            (quote(table.name()), column(table.tenant()), column(table.key()));
        let names: Vec<_> = (0..table.columns().len()).map(column).collect();
        let columns = names.join(", ");
        let list = |direction: &str, beyond: &str| {
            let rows = |filter: &str, limit: u8| {
                text(format!(
                    "SELECT {columns} FROM {name}{filter} \
                     ORDER BY {tenant} {direction}, {key} {direction} LIMIT ${limit}"
                ))
            };
            let behind = format!(" WHERE ({tenant}, {key}) {beyond} ($1, $2)");
            [rows("", 1), rows(&behind, 3)]
        };
        Self {
            get: text(format!("SELECT {columns} FROM {name} WHERE {tenant} = $1 AND {key} = $2")),
            count: text(format!("SELECT count(*) FROM {name}")),
            count_by_tenant: text(format!(
                "SELECT {tenant}, count(*) FROM {name} GROUP BY {tenant} ORDER BY {tenant}"
            )),
            lists: [list("DESC", "<"), list("ASC", ">")],
        }
    }

    pub(super) fn list(&self, order: Order, is_after: bool) -> SqlStr {
        let at = match order {
            Order::Newest => 0,
            Order::Oldest => 1,
        };
        self.lists[at][usize::from(is_after)].clone()
    }
}

/// Everything in here comes from [`Table`], whose names are plain and part of the program.
fn text(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}
