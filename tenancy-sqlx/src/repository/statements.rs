use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::Order;
use tenancy_core::entity::{Column, Table};

use crate::ident::quote;

/// The SQL text of every verb of one entity, built once.
///
/// Each text names the tenant as `$1`, whatever else it asks. All databases spoken to here read
/// `$n` and `"name"`.
#[derive(Debug)]
pub(crate) struct Statements {
    table: Table,
    pub(super) insert: SqlStr,
    pub(super) get: SqlStr,
    pub(super) count: SqlStr,
    pub(super) update: SqlStr,
    /// The same for a database that returns no rows from it.
    pub(super) update_silently: SqlStr,
    pub(super) delete: SqlStr,
    newest: Listing,
    oldest: Listing,
}

#[derive(Debug)]
struct Listing {
    first: SqlStr,
    after: SqlStr,
}

impl Statements {
    pub(super) fn new(table: Table) -> Self {
        Self {
            table,
            insert: text(insert(&table)),
            get: text(select(&table)),
            count: text(format!(
                "SELECT count(*) FROM {} WHERE {} = $1",
                quote(table.name()),
                tenant(&table),
            )),
            update: text(format!("{} RETURNING {}", update(&table), columns(table.columns()))),
            update_silently: text(update(&table)),
            delete: text(format!("DELETE FROM {} WHERE {}", quote(table.name()), row(&table))),
            newest: Listing::new(&table, "<", "DESC"),
            oldest: Listing::new(&table, ">", "ASC"),
        }
    }

    pub(crate) fn table(&self) -> Table {
        self.table
    }

    pub(super) fn list(&self, order: Order, is_after: bool) -> SqlStr {
        let listing = match order {
            Order::Newest => &self.newest,
            Order::Oldest => &self.oldest,
        };
        if is_after { listing.after.clone() } else { listing.first.clone() }
    }
}

impl Listing {
    /// `$1` is the tenant, `$2` the number of rows, `$3` the key it begins behind.
    fn new(table: &Table, beyond: &str, direction: &str) -> Self {
        let key = quote(table.columns()[table.key()].name());
        let list = |after: &str| {
            text(format!(
                "SELECT {} FROM {} WHERE {} = $1{after} ORDER BY {key} {direction} LIMIT $2",
                columns(table.columns()),
                quote(table.name()),
                tenant(table),
            ))
        };
        Self { first: list(""), after: list(&format!(" AND {key} {beyond} $3")) }
    }
}

/// Columns in the order of the table; the tenant's place holds `$1` by [`insert_order`].
fn insert(table: &Table) -> String {
    let ordered: Vec<_> = insert_order(table).map(|at| quote(table.columns()[at].name())).collect();
    let marks: Vec<_> = (1..=ordered.len()).map(|at| format!("${at}")).collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        quote(table.name()),
        ordered.join(", "),
        marks.join(", "),
    )
}

/// The tenant first, then the other columns.
pub(super) fn insert_order(table: &Table) -> impl Iterator<Item = usize> + use<> {
    let (tenant, columns) = (table.tenant(), table.columns().len());
    std::iter::once(tenant).chain((0..columns).filter(move |at| *at != tenant))
}

/// `$1` is the tenant, `$2` the key, then the columns of [`update_order`], then the version.
fn update(table: &Table) -> String {
    let mut sets: Vec<_> = update_order(table)
        .enumerate()
        .map(|(at, column)| format!("{} = ${}", quote(table.columns()[column].name()), at + 3))
        .collect();
    let mut filter = row(table);
    if let Some(version) = table.version() {
        let name = quote(table.columns()[version].name());
        let mark = sets.len() + 3;
        filter = format!("{filter} AND {name} = ${mark}");
        sets.push(format!("{name} = {name} + 1"));
    }
    if sets.is_empty() {
        // A row of nothing but its key: writing it changes nothing, finding it still counts.
        let key = quote(table.columns()[table.key()].name());
        sets.push(format!("{key} = {key}"));
    }
    format!("UPDATE {} SET {} WHERE {filter}", quote(table.name()), sets.join(", "))
}

/// What an update writes: never the tenant, the key or the version.
pub(super) fn update_order(table: &Table) -> impl Iterator<Item = usize> + use<> {
    let (columns, tenant, key) = (table.columns().len(), table.tenant(), table.key());
    let version = table.version();
    (0..columns).filter(move |at| *at != tenant && *at != key && Some(*at) != version)
}

fn select(table: &Table) -> String {
    format!("SELECT {} FROM {} WHERE {}", columns(table.columns()), quote(table.name()), row(table))
}

/// The predicate of one row: the tenant as `$1`, the key as `$2`.
fn row(table: &Table) -> String {
    let key = quote(table.columns()[table.key()].name());
    format!("{} = $1 AND {key} = $2", tenant(table))
}

fn tenant(table: &Table) -> String {
    quote(table.columns()[table.tenant()].name())
}

fn columns(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| quote(column.name())).collect();
    names.join(", ")
}

/// Everything in here comes from [`Table`], whose names are plain and part of the program.
fn text(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}
