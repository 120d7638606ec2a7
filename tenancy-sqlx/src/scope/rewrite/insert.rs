use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, DoUpdate, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Insert, ObjectName,
    OnConflict, OnConflictAction, OnInsert, Query, SelectItem, SetExpr, TableObject,
};

use super::names::{plain, single};
use super::predicate::also;
use super::update::{Target, column_of_row};
use super::walk::{Walk, absent, unless};
use crate::scope::refusal::{Refusal, Result};

impl Walk<'_> {
    /// The tenant becomes the last column and the last value of every row.
    pub(super) fn insert(&mut self, insert: &mut Insert) -> Result {
        self.writes = true;
        plain_insert(insert)?;
        let target = self.insert_target(insert)?;
        let Insert { columns, source, on, returning, .. } = insert;
        if columns.is_empty() {
            let reason = "an INSERT without columns: list them, but not the tenant's";
            return Err(Refusal::at(&target.called, reason));
        }
        for column in &*columns {
            column_of_row(single(column, "a column")?, &target)?;
        }
        let Some(source) = source else {
            return Err(Refusal::at(&target.called, "an INSERT without VALUES or SELECT"));
        };
        self.query(source)?;
        self.add_tenant(&mut source.body, columns.len())?;
        columns.push(ObjectName::from(vec![self.quoted(target.column)]));
        match on {
            None => {}
            Some(OnInsert::OnConflict(conflict)) => self.on_conflict(conflict, &target)?,
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => {
                self.on_duplicate(assignments, &target)?;
            }
            Some(_) => return Err(Refusal::at(&target.called, "this kind of ON")),
        }
        self.returning(returning, &target)
    }

    fn insert_target(&mut self, insert: &mut Insert) -> Result<Target> {
        let TableObject::TableName(name) = &mut insert.table else {
            return Err(Refusal::anywhere("an INSERT into what is not a table"));
        };
        self.count.relations += 1;
        let (table, column) = self.writable(name)?;
        *name = ObjectName::from(vec![self.quoted(table)]);
        let called = match &insert.table_alias {
            // The row that was to be inserted is called so.
            Some(alias) if plain(&alias.alias)? == "excluded" => {
                return Err(Refusal::at(&alias.alias, "the alias \"excluded\": choose another"));
            }
            Some(alias) => alias.alias.clone(),
            None => self.quoted(table),
        };
        Ok(Target { called, table, column })
    }

    fn add_tenant(&self, body: &mut SetExpr, columns: usize) -> Result {
        match body {
            SetExpr::Select(select) => {
                select.projection.push(SelectItem::UnnamedExpr(self.tenant()));
                Ok(())
            }
            SetExpr::Values(values) => {
                for row in &mut values.rows {
                    if row.content.len() != columns {
                        let (found, listed) = (row.content.len(), columns);
                        return Err(Refusal::anywhere(format!(
                            "an INSERT of {found} values into {listed} columns"
                        )));
                    }
                    row.content.push(self.tenant());
                }
                Ok(())
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.add_tenant(left, columns)?;
                self.add_tenant(right, columns)
            }
            SetExpr::Query(query) => {
                let Query { body, .. } = query.as_mut();
                self.add_tenant(body, columns)
            }
            _ => Err(Refusal::anywhere("an INSERT of what is no VALUES or SELECT")),
        }
    }

    /// A conflict is one within the tenant, and what it updates is the tenant's.
    fn on_conflict(&mut self, conflict: &mut OnConflict, target: &Target) -> Result {
        let OnConflict { conflict_target, action } = conflict;
        match conflict_target {
            Some(ConflictTarget::Columns { columns, predicate }) => {
                self.expressions(predicate)?;
                let is_tenant = |column: &Ident| column.value.eq_ignore_ascii_case(target.column);
                if !columns.iter().any(is_tenant) {
                    columns.insert(0, self.quoted(target.column));
                }
            }
            Some(ConflictTarget::OnConstraint(name)) => {
                single(name, "a constraint")?;
            }
            None => {}
        }
        match action {
            OnConflictAction::DoNothing => Ok(()),
            OnConflictAction::DoUpdate(DoUpdate { assignments, selection }) => {
                for assignment in assignments {
                    self.assignment(assignment, target, false)?;
                }
                self.expressions(&mut *selection)?;
                also(selection, vec![self.own_rows(&target.called, target.column)]);
                Ok(())
            }
        }
    }

    /// MySQL has no condition here: each assignment keeps a foreign row as it is.
    fn on_duplicate(&mut self, assignments: &mut [Assignment], target: &Target) -> Result {
        for assignment in assignments {
            self.assignment(assignment, target, false)?;
            let AssignmentTarget::ColumnName(name) = &assignment.target else {
                return Err(Refusal::at(&target.called, "setting several columns at once"));
            };
            let column = name.0.last().and_then(|part| part.as_ident()).cloned();
            let Some(column) = column else {
                return Err(Refusal::at(name, "setting what is no column"));
            };
            let kept = Expr::CompoundIdentifier(vec![self.quoted(target.table), column]);
            let own = self.own_rows(&self.quoted(target.table), target.column);
            let new = std::mem::replace(&mut assignment.value, Expr::Tuple(Vec::new()));
            assignment.value = choose(own, new, kept);
        }
        Ok(())
    }
}

/// `IF(condition, new, kept)`
fn choose(condition: Expr, new: Expr, kept: Expr) -> Expr {
    let argument = |expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new("IF")]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: [condition, new, kept].into_iter().map(argument).collect(),
            clauses: Vec::new(),
        }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    })
}

/// Refuses kinds of INSERT that replace rows, or that only other databases have.
fn plain_insert(insert: &Insert) -> Result {
    let Insert {
        insert_token: _,
        optimizer_hints,
        or,
        ignore,
        into: _,
        table: _,
        table_alias: _,
        columns: _,
        by_name,
        overwrite,
        source: _,
        assignments,
        partitioned,
        after_columns,
        overriding: _,
        has_table_keyword,
        on: _,
        returning: _,
        output,
        replace_into,
        priority,
        insert_alias,
        settings,
        format_clause,
        multi_table_insert_type,
        multi_table_into_clauses,
        multi_table_when_clauses,
        multi_table_else_clause,
    } = insert;
    unless(!optimizer_hints.is_empty(), "a hint", insert)?;
    absent(or.as_ref(), "INSERT OR …, which may replace a row of another tenant,", insert)?;
    unless(*replace_into, "REPLACE, which may replace a row of another tenant,", insert)?;
    unless(*ignore, "INSERT IGNORE", insert)?;
    unless(*by_name || *overwrite || *has_table_keyword, "this kind of INSERT", insert)?;
    unless(!assignments.is_empty(), "INSERT … SET", insert)?;
    absent(partitioned.as_ref(), "a partition", insert)?;
    unless(!after_columns.is_empty(), "a second list of columns", insert)?;
    absent(output.as_ref(), "OUTPUT", insert)?;
    absent(priority.as_ref(), "a priority", insert)?;
    absent(insert_alias.as_ref(), "an alias of the new row, write VALUES(column):", insert)?;
    absent(settings.as_ref(), "SETTINGS", insert)?;
    absent(format_clause.as_ref(), "FORMAT", insert)?;
    let is_multi = multi_table_insert_type.is_some()
        || !multi_table_into_clauses.is_empty()
        || !multi_table_when_clauses.is_empty()
        || multi_table_else_clause.is_some();
    unless(is_multi, "an INSERT into several tables", insert)
}
