use std::fmt::Write as _;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::entity::{ToValue as _, Value};
use tenancy_core::{Error, TenantId};

use crate::backend::Backend;
use crate::ident::push_quoted;

/// A statement while it is written: its text, and its values in the order of their marks.
///
/// The tenant is `$1` of every one. Names come from tables, values become marks: nothing else
/// gets into the text.
#[derive(Debug)]
pub(super) struct Query {
    backend: Backend,
    text: String,
    values: Vec<Value>,
}

impl Query {
    /// Begins with a text that knows `$1`.
    pub(super) fn new(backend: Backend, tenant: TenantId, text: &str) -> Self {
        let mut whole = String::with_capacity(text.len() + 128);
        whole.push_str(text);
        Self { backend, text: whole, values: vec![tenant.to_value()] }
    }

    pub(super) const fn backend(&self) -> Backend {
        self.backend
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn name(&mut self, name: &str) {
        push_quoted(&mut self.text, name);
    }

    /// Writes the mark of a value, and returns its number.
    pub(super) fn bind(&mut self, value: Value) -> usize {
        self.values.push(value);
        let mark = self.values.len();
        self.mark(mark);
        mark
    }

    /// Writes the marks of values, with commas between them.
    pub(super) fn bind_all(&mut self, values: impl IntoIterator<Item = Value>) {
        for (at, value) in values.into_iter().enumerate() {
            self.push(if at == 0 { "" } else { ", " });
            self.bind(value);
        }
    }

    /// Writes a mark once more.
    pub(super) fn mark(&mut self, mark: usize) {
        write!(self.text, "${mark}").expect("writing to a string does not fail");
    }

    /// Ends it; `doing` is for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](tenancy_core::ErrorKind::Invalid) for values that no statement
    /// takes: nothing was sent, and the transaction goes on.
    pub(super) fn finish(self, doing: &'static str) -> Result<(SqlStr, Vec<Value>), Error> {
        if self.values.len() > self.backend.max_values() {
            let (most, name) = (self.backend.max_values(), self.backend.name());
            return Err(Error::invalid(
                "filter",
                format!("{doing}: {name} takes {most} values at once: ask in parts"),
            ));
        }
        require_storable(doing, &self.values)?;
        Ok((AssertSqlSafe(self.text).into_sql_str(), self.values))
    }
}

/// Refuses what not every database holds.
pub(super) fn require_storable(doing: &'static str, values: &[Value]) -> Result<(), Error> {
    for value in values {
        match value {
            Value::Text(text) if text.as_bytes().contains(&0) => {
                return Err(Error::invalid(
                    "text",
                    format!("{doing}: a text holds the character NUL: take it out"),
                ));
            }
            Value::List(_, values) => require_storable(doing, values)?,
            _ => {}
        }
    }
    Ok(())
}

/// Keeps a text that is sent again and again. Everything in it comes from tables, whose names are
/// plain and part of the program.
pub(super) fn kept(sql: String) -> SqlStr {
    AssertSqlSafe(Arc::<str>::from(sql)).into_sql_str()
}
