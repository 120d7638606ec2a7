use sqlx::SqlStr;
use tenancy_core::Order;
use tenancy_core::entity::{Column, Table};

use super::query::kept;
use crate::backend::Backend;
use crate::ident::quote;

/// The SQL text of every verb of one entity that has always the same, built once, and the
/// beginnings of the others.
///
/// Each text names the tenant as `$1`, whatever else it asks. All databases spoken to here read
/// `$n` and `"name"`. Rows that are deleted and still there are in none of them.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(super) insert: SqlStr,
    /// `INSERT INTO` and the columns of [`insert_order`].
    pub(super) insert_into: String,
    pub(super) get: SqlStr,
    pub(super) count: SqlStr,
    pub(super) update: SqlStr,
    /// The same whatever the version.
    pub(super) overwrite: SqlStr,
    /// By the key, then by each unique rule: an insert that updates the row that is there, or
    /// where there is no such thing, the row that is there, locked.
    pub(super) upserts: Vec<SqlStr>,
    /// Removes the row for good.
    pub(super) remove: SqlStr,
    /// The soft delete: `$3` is the time and `$4` who did it, where that is kept.
    pub(super) hide: Option<SqlStr>,
    /// `SELECT`, the columns, `FROM`, `WHERE`: the predicate of the tenant must follow.
    pub(super) select: String,
    /// ` RETURNING` and the columns, where the database returns what it changed.
    pub(super) returning: String,
    newest: Listing,
    oldest: Listing,
}

#[derive(Debug)]
struct Listing {
    first: SqlStr,
    after: SqlStr,
}

impl Statements {
    pub(super) fn new(table: Table, backend: Backend) -> Self {
        let (name, all) = (quote(table.name()), columns(table.columns()));
        let select = format!("SELECT {all} FROM {name} WHERE ");
        let returning =
            if backend.returns_rows() { format!(" RETURNING {all}") } else { String::new() };
        let insert_into = insert_into(&table);
        Self {
            insert: kept(format!("{insert_into} VALUES ({})", marks(table.columns().len()))),
            insert_into,
            get: kept(format!("{select}{}", row(&table))),
            count: kept(format!("SELECT count(*) FROM {name} WHERE {}", own(&table))),
            update: kept(format!("{}{returning}", update(&table, true))),
            overwrite: kept(update(&table, false)),
            upserts: upserts(&table, backend).into_iter().map(kept).collect(),
            remove: kept(format!("DELETE FROM {name} WHERE {}", row(&table))),
            hide: hide(&table).map(kept),
            newest: Listing::new(&table, &select, "<", "DESC"),
            oldest: Listing::new(&table, &select, ">", "ASC"),
            select,
            returning,
        }
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
    fn new(table: &Table, select: &str, beyond: &str, direction: &str) -> Self {
        let (key, own) = (column(table, table.key()), own(table));
        let list =
            |after: &str| kept(format!("{select}{own}{after} ORDER BY {key} {direction} LIMIT $2"));
        Self { first: list(""), after: list(&format!(" AND {key} {beyond} $3")) }
    }
}

fn insert_into(table: &Table) -> String {
    let ordered: Vec<_> = insert_order(table).map(|at| column(table, at)).collect();
    format!("INSERT INTO {} ({})", quote(table.name()), ordered.join(", "))
}

/// The order of an insert's values: the tenant first, then the other columns.
pub(super) fn insert_order(table: &Table) -> impl Iterator<Item = usize> + use<> {
    let (tenant, columns) = (table.tenant(), table.columns().len());
    std::iter::once(tenant).chain((0..columns).filter(move |at| *at != tenant))
}

fn marks(count: usize) -> String {
    let marks: Vec<_> = (1..=count).map(|at| format!("${at}")).collect();
    marks.join(", ")
}

/// `$1` is the tenant, `$2` the key, then the columns of [`update_order`], then the version.
fn update(table: &Table, names_version: bool) -> String {
    let mut sets: Vec<_> = update_order(table)
        .enumerate()
        .map(|(at, set)| format!("{} = ${}", column(table, set), at + 3))
        .collect();
    let mut filter = row(table);
    if let Some(version) = table.version() {
        let (name, mark) = (column(table, version), sets.len() + 3);
        if names_version {
            filter = format!("{filter} AND {name} = ${mark}");
        }
        sets.push(format!("{name} = {name} + 1"));
    }
    if sets.is_empty() {
        // A row of nothing but its key: writing it changes nothing, finding it still counts.
        let key = column(table, table.key());
        sets.push(format!("{key} = {key}"));
    }
    format!("UPDATE {} SET {} WHERE {filter}", quote(table.name()), sets.join(", "))
}

/// By the key, then by each unique rule.
fn upserts(table: &Table, backend: Backend) -> Vec<String> {
    let key = [table.key()];
    let rules = std::iter::once(&key[..]).chain(table.uniques().iter().copied());
    rules.map(|rule| upsert(table, backend, rule)).collect()
}

/// The values are those of an insert. Where a row is locked instead, they are the tenant and the
/// columns of the rule.
fn upsert(table: &Table, backend: Backend, rule: &[usize]) -> String {
    let (name, all) = (quote(table.name()), columns(table.columns()));
    let tenant = column(table, table.tenant());
    if !backend.returns_rows() {
        let equal: Vec<_> = std::iter::once(&table.tenant())
            .chain(rule)
            .enumerate()
            .map(|(at, equal)| format!("{} = ${}", column(table, *equal), at + 1))
            .collect();
        return format!("SELECT {all} FROM {name} WHERE {} FOR UPDATE", equal.join(" AND "));
    }
    let mut sets: Vec<_> =
        update_order(table).map(|at| format!("{0} = excluded.{0}", column(table, at))).collect();
    sets.extend(table.version().map(|at| format!("{0} = {name}.{0} + 1", column(table, at))));
    if sets.is_empty() {
        let key = column(table, table.key());
        sets.push(format!("{key} = {name}.{key}"));
    }
    let target: Vec<_> =
        std::iter::once(&table.tenant()).chain(rule).map(|at| column(table, *at)).collect();
    // The rule names the tenant, so that the row that is there is its own; this says so again.
    let mut there = format!("{name}.{tenant} = $1");
    if let Some(at) = table.deleted_at() {
        there = format!("{there} AND {name}.{} IS NULL", column(table, at));
    }
    format!(
        "{} VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {} WHERE {there} \
         RETURNING {all}",
        insert_into(table),
        marks(table.columns().len()),
        target.join(", "),
        sets.join(", "),
    )
}

/// What an update writes: the time of the change, and whatever the library does not keep.
pub(super) fn update_order(table: &Table) -> impl Iterator<Item = usize> + use<> {
    let table = *table;
    (0..table.columns().len())
        .filter(move |at| !table.is_kept(*at) || Some(*at) == table.updated_at())
}

/// A delete that leaves the row: `$1` is the tenant, `$2` the key, `$3` the time, `$4` who.
fn hide(table: &Table) -> Option<String> {
    let mut sets = vec![format!("{} = $3", column(table, table.deleted_at()?))];
    sets.extend(table.updated_at().map(|at| format!("{} = $3", column(table, at))));
    sets.extend(table.deleted_by().map(|at| format!("{} = $4", column(table, at))));
    sets.extend(table.version().map(|at| format!("{0} = {0} + 1", column(table, at))));
    Some(format!("UPDATE {} SET {} WHERE {}", quote(table.name()), sets.join(", "), row(table)))
}

/// The predicate of one row: the tenant as `$1`, the key as `$2`.
fn row(table: &Table) -> String {
    format!("{} AND {} = $2", own(table), column(table, table.key()))
}

/// The predicate of all rows: the tenant as `$1`, and that they are not deleted.
fn own(table: &Table) -> String {
    let tenant = format!("{} = $1", column(table, table.tenant()));
    match table.deleted_at() {
        Some(at) => format!("{tenant} AND {} IS NULL", column(table, at)),
        None => tenant,
    }
}

fn column(table: &Table, at: usize) -> String {
    quote(table.columns()[at].name())
}

fn columns(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| quote(column.name())).collect();
    names.join(", ")
}
