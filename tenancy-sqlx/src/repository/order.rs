//! In which order rows come, and what comes behind a row.

use tenancy_core::entity::{Table, Value};
use tenancy_core::{Error, List, Order, TenantEntity};

use super::predicate::{Source, require_numbers};
use super::query::Query;
use crate::backend::Backend;

/// One column of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) column: usize,
    pub(super) is_descending: bool,
}

/// The columns named, then the key: every row has its own place.
pub(super) fn terms<E: TenantEntity>(list: &List<E>) -> Vec<Term> {
    let key = Term { column: E::TABLE.key(), is_descending: list.order() == Order::Newest };
    let named = list.sorts().iter();
    let named =
        named.map(|sort| Term { column: sort.column(), is_descending: sort.is_descending() });
    let mut terms: Vec<Term> = Vec::with_capacity(list.sorts().len() + 1);
    for term in named.chain([key]) {
        // A column that comes twice decides nothing the second time.
        if terms.iter().all(|earlier| earlier.column != term.column) {
            terms.push(term);
        }
        if term.column == key.column {
            break;
        }
    }
    terms
}

/// Writes `ORDER BY`. A null is lower than any value, on every database.
pub(super) fn push_order(
    query: &mut Query,
    source: Source<'_>,
    terms: &[Term],
) -> Result<(), Error> {
    for (at, term) in terms.iter().enumerate() {
        let column = &source.table.columns()[term.column];
        require_numbers(query.backend(), "sort a list", column)?;
        query.push(if at == 0 { " ORDER BY " } else { ", " });
        source.push_column(query, term.column);
        query.push(if term.is_descending { " DESC" } else { " ASC" });
        // The others' own order is this.
        if column.is_nullable() && query.backend() == Backend::Postgres {
            query.push(if term.is_descending { " NULLS LAST" } else { " NULLS FIRST" });
        }
    }
    Ok(())
}

/// Writes `AND` and that a row comes behind the one with these values.
pub(super) fn push_behind(
    query: &mut Query,
    source: Source<'_>,
    terms: &[Term],
    values: Vec<Value>,
) {
    // `MySQL` compares rows too, but asks no index for that.
    if query.backend() != Backend::MySql && is_one_way(source.table, terms) {
        query.push(" AND ");
        return push_row_behind(query, source, terms, values);
    }
    push_bound(query, source, terms, &values);
    query.push(" AND ");
    push_each_behind(query, source, terms, values);
}

/// Writes what holds for all rows behind, where an index can begin: the first column's bound.
fn push_bound(query: &mut Query, source: Source<'_>, terms: &[Term], values: &[Value]) {
    let (Some(term), Some(value)) = (terms.first(), values.first()) else { return };
    if terms.len() == 1 || source.table.columns()[term.column].is_nullable() {
        return;
    }
    query.push(" AND ");
    source.push_column(query, term.column);
    query.push(if term.is_descending { " <= " } else { " >= " });
    query.bind(value.clone());
}

/// All columns go the same way and hold a value: they compare as one row, which an index on them
/// answers.
fn is_one_way(table: &Table, terms: &[Term]) -> bool {
    terms.iter().all(|term| {
        term.is_descending == terms[0].is_descending && !table.columns()[term.column].is_nullable()
    })
}

fn push_row_behind(query: &mut Query, source: Source<'_>, terms: &[Term], values: Vec<Value>) {
    query.push("(");
    for (at, term) in terms.iter().enumerate() {
        query.push(if at == 0 { "" } else { ", " });
        source.push_column(query, term.column);
    }
    query.push(if terms[0].is_descending { ") < (" } else { ") > (" });
    query.bind_all(values);
    query.push(")");
}

/// Behind in the first column, or equal there and behind in the second, and so on.
fn push_each_behind(query: &mut Query, source: Source<'_>, terms: &[Term], values: Vec<Value>) {
    let mut open = 0;
    let last = terms.len() - 1;
    for (at, (term, value)) in terms.iter().zip(values).enumerate() {
        let column = source.column(term.column);
        query.push("(");
        open += 1;
        let mark = push_beyond(query, source.table, *term, &column, value);
        if at == last {
            break;
        }
        match mark {
            Some(mark) => {
                query.push(&format!(" OR ({column} = "));
                query.mark(mark);
            }
            None => query.push(&format!(" OR ({column} IS NULL")),
        }
        query.push(" AND ");
        open += 1;
    }
    query.push(&")".repeat(open));
}

/// Writes that a column lies beyond a value; returns the value's mark, unless it is null.
fn push_beyond(
    query: &mut Query,
    table: &Table,
    term: Term,
    column: &str,
    value: Value,
) -> Option<usize> {
    let is_nullable = table.columns()[term.column].is_nullable();
    if value.is_null() {
        // The lowest of all.
        query.push(&if term.is_descending {
            "1 = 0".to_owned()
        } else {
            format!("{column} IS NOT NULL")
        });
        return None;
    }
    query.push(&format!("{column} {} ", if term.is_descending { "<" } else { ">" }));
    let mark = query.bind(value);
    if term.is_descending && is_nullable {
        query.push(&format!(" OR {column} IS NULL"));
    }
    Some(mark)
}
