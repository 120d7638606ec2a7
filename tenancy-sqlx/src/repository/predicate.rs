//! Which rows: the tenant first, always; then what is hidden; then what was asked for.

use tenancy_core::entity::{Column, Comparison, Condition, Kind, Table, Value};
use tenancy_core::{Error, ErrorKind};

use super::dialect::{push_contains, push_one_of, push_starts_with};
use super::query::Query;
use crate::backend::Backend;
use crate::ident::push_quoted;

/// Which of the deleted rows are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// None.
    Hidden,
    /// All, beside those that are not deleted.
    Shown,
    /// All, and no other.
    Only,
}

/// A table in a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) table: &'a Table,
    /// What stands before its columns: nothing, or its name in the statement and a dot.
    pub(super) prefix: &'static str,
}

impl<'a> Source<'a> {
    pub(super) const fn alone(table: &'a Table) -> Self {
        Self { table, prefix: "" }
    }

    /// Returns a column as the statement names it.
    pub(super) fn column(self, at: usize) -> String {
        let mut text = self.prefix.to_owned();
        push_quoted(&mut text, self.table.columns()[at].name());
        text
    }

    pub(super) fn push_column(self, query: &mut Query, at: usize) {
        query.push(self.prefix);
        query.name(self.table.columns()[at].name());
    }

    /// Writes the predicate of the tenant, with `$1`, and of what is hidden.
    pub(super) fn push_own(self, query: &mut Query, deleted: Deleted) {
        self.push_column(query, self.table.tenant());
        query.push(" = $1");
        let Some(deleted_at) = self.table.deleted_at() else { return };
        let test = match deleted {
            Deleted::Hidden => " IS NULL",
            Deleted::Shown => return,
            Deleted::Only => " IS NOT NULL",
        };
        query.push(" AND ");
        self.push_column(query, deleted_at);
        query.push(test);
    }

    /// Writes `AND` and a condition, unless it says nothing.
    pub(super) fn push_and(self, query: &mut Query, condition: &Condition) -> Result<(), Error> {
        if matches!(condition, Condition::All(conditions) if conditions.is_empty()) {
            return Ok(());
        }
        query.push(" AND ");
        self.push_condition(query, condition)
    }

    fn push_condition(self, query: &mut Query, condition: &Condition) -> Result<(), Error> {
        match condition {
            Condition::All(all) => self.push_list(query, all, " AND ", TRUE),
            Condition::Any(any) => self.push_list(query, any, " OR ", FALSE),
            Condition::Not(inner) => {
                query.push("(");
                self.push_condition(query, inner)?;
                // What SQL does not know is not true.
                query.push(" IS NOT TRUE)");
                Ok(())
            }
            Condition::Compare { column, comparison, value } => {
                self.require_kind(*column, value)?;
                if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
                    let column = &self.table.columns()[*column];
                    require_numbers(query.backend(), "write a filter", column)?;
                }
                self.push_comparison(query, *column, *comparison, value.clone());
                Ok(())
            }
            Condition::OneOf { column, values, .. } => self.push_one_of(query, *column, values),
            Condition::StartsWith { column, text } => {
                query.push("(");
                push_starts_with(query, &self.column(*column), text.clone());
                query.push(")");
                Ok(())
            }
            Condition::Contains { column, text } => {
                query.push("(");
                push_contains(query, &self.column(*column), text.clone());
                query.push(")");
                Ok(())
            }
            _ => Err(Error::new(ErrorKind::Internal, "write a filter: a condition is not known")),
        }
    }

    fn push_list(
        self,
        query: &mut Query,
        conditions: &[Condition],
        between: &str,
        empty: &str,
    ) -> Result<(), Error> {
        if conditions.is_empty() {
            query.push(empty);
            return Ok(());
        }
        query.push("(");
        for (at, condition) in conditions.iter().enumerate() {
            query.push(if at == 0 { "" } else { between });
            self.push_condition(query, condition)?;
        }
        query.push(")");
        Ok(())
    }

    fn push_comparison(
        self,
        query: &mut Query,
        column: usize,
        comparison: Comparison,
        value: Value,
    ) {
        use Comparison as C;
        if value.is_null() {
            if !matches!(comparison, C::Equal | C::NotEqual) {
                return query.push(FALSE);
            }
            query.push("(");
            self.push_column(query, column);
            return query.push(match comparison {
                C::Equal => " IS NULL)",
                _ => " IS NOT NULL)",
            });
        }
        query.push("(");
        self.push_column(query, column);
        query.push(match comparison {
            C::Equal => " = ",
            C::NotEqual => " <> ",
            C::Below => " < ",
            C::AtMost => " <= ",
            C::Above => " > ",
            C::AtLeast => " >= ",
        });
        query.bind(value);
        if comparison == C::NotEqual && self.table.columns()[column].is_nullable() {
            query.push(" OR ");
            self.push_column(query, column);
            query.push(" IS NULL");
        }
        query.push(")");
    }

    fn push_one_of(self, query: &mut Query, column: usize, values: &[Value]) -> Result<(), Error> {
        for value in values {
            self.require_kind(column, value)?;
        }
        let (nulls, some): (Vec<_>, Vec<_>) = values.iter().cloned().partition(Value::is_null);
        if values.is_empty() {
            query.push(FALSE);
            return Ok(());
        }
        query.push("(");
        if !some.is_empty() {
            self.push_column(query, column);
            push_one_of(query, self.table.columns()[column].kind(), some);
        }
        if !nulls.is_empty() {
            query.push(if nulls.len() == values.len() { "" } else { " OR " });
            self.push_column(query, column);
            query.push(" IS NULL");
        }
        query.push(")");
        Ok(())
    }

    /// One text always binds the same kinds: a field made by hand may not name another.
    fn require_kind(self, column: usize, value: &Value) -> Result<(), Error> {
        require_kind("write a filter", &self.table.columns()[column], value)
    }
}

/// Refuses a value that is not of the column's kind, whoever made it.
pub(super) fn require_kind(
    doing: &'static str,
    column: &Column,
    value: &Value,
) -> Result<(), Error> {
    if value.kind() == column.kind() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Misconfigured,
        format!("{doing}: the column holds {:?}, the value is {:?}", column.kind(), value.kind()),
    )
    .with_subject(column.name()))
}

/// Refuses to order or to add up what a database keeps as text.
pub(super) fn require_numbers(
    backend: Backend,
    doing: &'static str,
    column: &Column,
) -> Result<(), Error> {
    if backend == Backend::Sqlite && column.kind() == Kind::Decimal {
        let message = format!("{doing}: SQLite keeps decimals as texts: use an integer of units");
        return Err(Error::new(ErrorKind::Misconfigured, message).with_subject(column.name()));
    }
    Ok(())
}

const TRUE: &str = "(1 = 1)";
const FALSE: &str = "(1 = 0)";
