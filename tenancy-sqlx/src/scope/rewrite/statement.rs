use sqlparser::ast::Statement;

use super::count::Count;
use super::walk::Walk;
use crate::scope::refusal::{Refusal, Result};

/// Names the tenant at every table of a statement.
pub(in crate::scope) fn rewrite(walk: &mut Walk<'_>, statement: &mut Statement) -> Result {
    let there = Count::of(statement)?;
    walk.statement(statement)?;
    if there == walk.count {
        return Ok(());
    }
    Err(Refusal::anywhere("it has a part that is not understood: write it more simply"))
}

impl Walk<'_> {
    /// Walks a statement, or one inside of a common table expression.
    pub(super) fn statement(&mut self, statement: &mut Statement) -> Result {
        match statement {
            Statement::Query(query) => self.query(query),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            other => {
                let reason = "a tenant's transaction takes SELECT, INSERT, UPDATE and DELETE";
                Err(Refusal::at(other, reason))
            }
        }
    }
}
