use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::Order;
use tenancy_core::entity::SharedTable;

use crate::ident::quote;

/// The SQL text of every verb of one shared entity, built once.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) table: &'static str,
    pub(super) insert: SqlStr,
    pub(super) get: SqlStr,
    pub(super) count: SqlStr,
    pub(super) update: SqlStr,
    pub(super) delete: SqlStr,
    /// By order, then by whether it begins behind a key.
    lists: [[SqlStr; 2]; 2],
}

impl Statements {
    pub(super) fn new(table: &SharedTable) -> Self {
        let (name, key) = (quote(table.name()), quote(table.columns()[table.key()].name()));
        let names: Vec<_> = table.columns().iter().map(|column| quote(column.name())).collect();
        let columns = names.join(", ");
        let marks: Vec<_> = (1..=names.len()).map(|at| format!("${at}")).collect();
        let sets: Vec<_> = update_order(table)
            .enumerate()
            .map(|(at, column)| format!("{} = ${}", names[column], at + 1))
            .collect();
        // A row of nothing but its key: writing it changes nothing, finding it still counts.
        let sets = if sets.is_empty() { format!("{key} = {key}") } else { sets.join(", ") };
        // The values in the order of the text.
        let list = |direction: &str, beyond: &str| {
            let rows = |filter: &str, limit: u8| {
                text(format!(
                    "SELECT {columns} FROM {name}{filter} ORDER BY {key} {direction} LIMIT ${limit}"
                ))
            };
            [rows("", 1), rows(&format!(" WHERE {key} {beyond} $1"), 2)]
        };
        Self {
            table: table.name(),
            insert: text(format!("INSERT INTO {name} ({columns}) VALUES ({})", marks.join(", "))),
            get: text(format!("SELECT {columns} FROM {name} WHERE {key} = $1")),
            count: text(format!("SELECT count(*) FROM {name}")),
            update: text(format!("UPDATE {name} SET {sets} WHERE {key} = ${}", names.len())),
            delete: text(format!("DELETE FROM {name} WHERE {key} = $1")),
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

/// What an update writes: never the key, which comes last.
pub(super) fn update_order(table: &SharedTable) -> impl Iterator<Item = usize> + use<> {
    let (columns, key) = (table.columns().len(), table.key());
    (0..columns).filter(move |at| *at != key)
}

/// Everything in here comes from [`SharedTable`], whose names are plain and part of the program.
fn text(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}
