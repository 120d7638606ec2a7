use sqlparser::ast::{
    Assignment, AssignmentTarget, Ident, ObjectName, SelectItem, TableFactor, TableWithJoins,
    Update, UpdateTableFromKind,
};

use super::joined::{Place, table_name};
use super::names::{Named, Visible, identifiers, plain};
use super::predicate::also;
use super::walk::{Walk, absent, unless};
use crate::scope::dialect::Dialect;
use crate::scope::known::Relation;
use crate::scope::refusal::{Refusal, Result};

/// The table that a statement writes to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The name that the statement gives it.
    pub(super) called: Ident,
    pub(super) table: &'static str,
    pub(super) column: &'static str,
}

impl Walk<'_> {
    pub(super) fn update(&mut self, update: &mut Update) -> Result {
        self.writes = true;
        let Update {
            update_token: _,
            optimizer_hints,
            table,
            on_cluster,
            assignments,
            from,
            selection,
            returning,
            output,
            or,
            order_by,
            limit,
            settings,
        } = update;
        unless(!optimizer_hints.is_empty(), "a hint", table)?;
        absent(on_cluster.as_ref(), "ON CLUSTER", table)?;
        absent(output.as_ref(), "OUTPUT", table)?;
        absent(or.as_ref(), "UPDATE OR …", table)?;
        absent(settings.as_ref(), "SETTINGS", table)?;
        let target = self.target_of(table)?;
        let mut visible = Visible::default();
        let is_joined = !table.joins.is_empty();
        let mut own = self.target_rows(table, &mut visible)?;
        match from {
            None => {}
            Some(UpdateTableFromKind::AfterSet(from)) => own.extend(self.from(from, &mut visible)?),
            Some(UpdateTableFromKind::BeforeSet(_)) => {
                return Err(Refusal::at(&target.called, "FROM before SET"));
            }
        }
        for assignment in assignments {
            self.assignment(assignment, &target, is_joined)?;
        }
        self.expressions(&mut *selection)?;
        also(selection, own);
        self.returning(returning, &target)?;
        self.orders(order_by)?;
        self.expressions(limit)
    }

    /// Finds the table that is written to, before its FROM is walked.
    pub(super) fn target_of(&self, tables: &TableWithJoins) -> Result<Target> {
        let Some(name) = table_name(&tables.relation) else {
            return Err(Refusal::at(tables, "writing to what is not a table"));
        };
        let (table, column) = self.writable(name)?;
        let called = match &tables.relation {
            TableFactor::Table { alias: Some(alias), .. } => alias.name.clone(),
            _ => self.quoted(table),
        };
        Ok(Target { called, table, column })
    }

    /// Refuses a write to what is read only.
    pub(super) fn writable(&self, name: &ObjectName) -> Result<(&'static str, &'static str)> {
        match self.named(name)? {
            Named::Known(table, Relation::Tenant { column }) => Ok((table, column)),
            Named::Known(table, Relation::View { .. }) => Err(Refusal::at(
                name,
                format!("writing to the view {table:?}: write to its tables"),
            )),
            Named::Known(table, Relation::Shared) => {
                let reason = format!("writing to the shared table {table:?} for one tenant");
                Err(Refusal::at(name, reason))
            }
            Named::Cte => Err(Refusal::at(name, "writing to a common table expression")),
        }
    }

    /// Walks the table that is written to; MySQL alone joins others to it here.
    pub(super) fn target_rows(
        &mut self,
        tables: &mut TableWithJoins,
        visible: &mut Visible,
    ) -> Result<Vec<sqlparser::ast::Expr>> {
        if !tables.joins.is_empty() && self.dialect != Dialect::MySql {
            let reason = "joining to the table that is written to: write FROM, or a subquery";
            return Err(Refusal::at(tables, reason));
        }
        let own = self.joined(tables, Place::Condition, visible)?;
        if table_name(&tables.relation).is_none() {
            let reason = "NATURAL, USING or FULL at the table that is written to: write ON";
            return Err(Refusal::at(tables, reason));
        }
        Ok(own)
    }

    /// Walks `SET column = value`; the tenant of a row never changes.
    pub(super) fn assignment(
        &mut self,
        assignment: &mut Assignment,
        target: &Target,
        is_joined: bool,
    ) -> Result {
        let Assignment { target: columns, value } = assignment;
        match columns {
            AssignmentTarget::ColumnName(name) => assignable(name, target, is_joined)?,
            AssignmentTarget::Tuple(names) => {
                names.iter().try_for_each(|name| assignable(name, target, is_joined))?;
            }
        }
        self.expression(value)
    }

    pub(super) fn returning(
        &mut self,
        returning: &mut Option<Vec<SelectItem>>,
        target: &Target,
    ) -> Result {
        let Some(items) = returning else { return Ok(()) };
        if self.dialect == Dialect::MySql {
            return Err(Refusal::at(&target.called, "RETURNING: read the rows again on MySQL"));
        }
        self.select_items(items)
    }
}

/// Refuses the column of the tenant, in any spelling, and columns of other tables.
fn assignable(name: &ObjectName, target: &Target, is_joined: bool) -> Result {
    let parts = identifiers(name)?;
    for part in &parts {
        column_of_row(part, target)?;
    }
    match parts.as_slice() {
        [_] if !is_joined => Ok(()),
        [table, _] if plain(table)? == plain(&target.called)? => Ok(()),
        _ => Err(Refusal::at(name, "setting a column that is not of the first table")),
    }
}

/// Databases fold names in ways of their own; of ASCII they think alike.
pub(super) fn column_of_row(column: &Ident, target: &Target) -> Result {
    if !column.value.is_ascii() {
        return Err(Refusal::at(column, "writing to a column whose name is not plain"));
    }
    if column.value.eq_ignore_ascii_case(target.column) {
        let reason = format!("writing {:?}: the tenant is added by itself", target.column);
        return Err(Refusal::at(column, reason));
    }
    Ok(())
}
