//! Where the databases differ in what a repository says: the one place that asks which it is.

use tenancy_core::entity::{Kind, Value};

use super::query::Query;
use crate::backend::Backend;

/// How the rows of an `INSERT` of many are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ManyRows {
    /// One array a column.
    Unnest,
    /// One list of marks a row, at most so many rows.
    Lists(usize),
}

impl Backend {
    /// Returns the most values that one statement takes.
    pub(super) const fn max_values(self) -> usize {
        match self {
            // Their number travels in 16 bits.
            Self::MySql | Self::Postgres => 65_535,
            // SQLITE_MAX_VARIABLE_NUMBER since 3.32.
            Self::Sqlite => 32_766,
        }
    }

    /// Returns how many rows are inserted at once.
    pub(super) const fn many_rows(self) -> ManyRows {
        match self {
            Self::Postgres => ManyRows::Unnest,
            // Each statement is a round trip.
            Self::MySql => ManyRows::Lists(512),
            // More rows a statement are no faster, and its text stays in the statement cache.
            Self::Sqlite => ManyRows::Lists(128),
        }
    }

    /// Tells whether `UPDATE` and `INSERT` return the rows they wrote.
    pub(super) const fn returns_rows(self) -> bool {
        // `MariaDB` does for some of them, `MySQL` for none.
        !matches!(self, Self::MySql)
    }

    /// Returns the type of an array of a kind, where there are arrays.
    pub(super) const fn array(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Postgres, Kind::Bool) => "bool[]",
            (Self::Postgres, Kind::Int) => "int8[]",
            (Self::Postgres, Kind::Float) => "float8[]",
            (Self::Postgres, Kind::Decimal) => "numeric[]",
            (Self::Postgres, Kind::Bytes) => "bytea[]",
            (Self::Postgres, Kind::Uuid) => "uuid[]",
            (Self::Postgres, Kind::Time) => "timestamptz[]",
            _ => "text[]",
        }
    }
}

/// Writes that what was just written is one of these values, which are at least one.
pub(super) fn push_one_of(query: &mut Query, kind: Kind, values: Vec<Value>) {
    match query.backend() {
        Backend::Postgres => {
            query.push(" = ANY(");
            query.bind(Value::List(kind, values));
        }
        Backend::MySql | Backend::Sqlite => {
            query.push(" IN (");
            // A power of two: all lists of up to n values have log n texts.
            let marks = values.len().next_power_of_two();
            let last = values.last().cloned();
            let padded = values.into_iter().chain(std::iter::repeat_n(last, marks).flatten());
            query.bind_all(padded.take(marks));
        }
    }
    query.push(")");
}

/// Writes a function of a column, so that it answers alike: sums of integers are integers, means
/// are not rounded.
pub(super) fn push_function(query: &mut Query, name: &str, kind: Kind, column: &str) {
    query.push(&match (query.backend(), name, kind) {
        (Backend::Postgres, "sum", Kind::Int) => format!("sum({column})::bigint"),
        (Backend::Postgres, "avg", _) => format!("avg({column})::double precision"),
        // Its mean of integers has four digits.
        (Backend::MySql, "avg", _) => format!("avg({column} * 1e0)"),
        _ => format!("{name}({column})"),
    });
}

/// Writes that a column's text begins with another, without the wildcards of `LIKE`. Capitals
/// differ where the column's collation tells them apart: on `MySQL` it may not.
pub(super) fn push_starts_with(query: &mut Query, column: &str, text: String) {
    match query.backend() {
        Backend::Postgres => {
            query.push("starts_with(");
            query.push(column);
            query.push(", ");
            query.bind(Value::Text(text));
            query.push(")");
        }
        Backend::MySql => {
            query.push("left(");
            query.push(column);
            query.push(", char_length(");
            let mark = query.bind(Value::Text(text));
            query.push(")) = ");
            query.mark(mark);
        }
        Backend::Sqlite => {
            query.push("substr(");
            query.push(column);
            query.push(", 1, length(");
            let mark = query.bind(Value::Text(text));
            query.push(")) = ");
            query.mark(mark);
        }
    }
}

/// Writes that a column's text contains another.
pub(super) fn push_contains(query: &mut Query, column: &str, text: String) {
    query.push(match query.backend() {
        Backend::Postgres => "strpos(",
        Backend::MySql | Backend::Sqlite => "instr(",
    });
    query.push(column);
    query.push(", ");
    query.bind(Value::Text(text));
    query.push(") > 0");
}
