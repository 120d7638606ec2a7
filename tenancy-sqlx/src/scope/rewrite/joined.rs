use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Join, JoinConstraint, JoinOperator, ObjectName, Select, TableFactor, TableWithJoins,
    Visit, Visitor,
};

use super::names::{Visible, single};
use super::predicate::also;
use super::walk::{Walk, unless};
use crate::scope::refusal::{Refusal, Result};

/// Where the predicate of a table goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The nearest condition that decides on the table's rows before they are joined: that of an
    /// outer join which may do without them, or else the WHERE.
    Condition,
    /// A subquery in the table's stead: where there is no such condition.
    Subquery,
}

impl Walk<'_> {
    /// Walks tables that are joined. What comes back must hold for the rows of the whole.
    pub(super) fn joined(
        &mut self,
        tables: &mut TableWithJoins,
        place: Place,
        visible: &mut Visible,
    ) -> Result<Vec<Expr>> {
        let TableWithJoins { relation, joins } = tables;
        let place = if joins.iter().any(has_no_condition) { Place::Subquery } else { place };
        let mut own = self.factor(relation, place, visible)?;
        for Join { relation, global, join_operator } in joins {
            unless(*global, "GLOBAL", relation)?;
            let right = self.factor(relation, place, visible)?;
            own =
                self.join(join_operator, own, right).map_err(|refusal| refusal.or_at(relation))?;
        }
        Ok(own)
    }

    fn join(
        &mut self,
        operator: &mut JoinOperator,
        mut left: Vec<Expr>,
        right: Vec<Expr>,
    ) -> Result<Vec<Expr>> {
        match operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::CrossJoin(constraint)
            | JoinOperator::StraightJoin(constraint) => {
                self.constraint(constraint)?;
                left.extend(right);
                Ok(left)
            }
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                self.constraint(constraint)?;
                on(constraint, right)?;
                Ok(left)
            }
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                self.constraint(constraint)?;
                on(constraint, left)?;
                Ok(right)
            }
            JoinOperator::FullOuter(constraint) => {
                self.constraint(constraint)?;
                // Both sides are in subqueries, where their predicates are.
                if left.is_empty() && right.is_empty() {
                    return Ok(left);
                }
                Err(Refusal::anywhere("this FULL JOIN"))
            }
            JoinOperator::Semi(_)
            | JoinOperator::LeftSemi(_)
            | JoinOperator::RightSemi(_)
            | JoinOperator::Anti(_)
            | JoinOperator::LeftAnti(_)
            | JoinOperator::RightAnti(_)
            | JoinOperator::CrossApply
            | JoinOperator::OuterApply
            | JoinOperator::AsOf { .. }
            | JoinOperator::ArrayJoin
            | JoinOperator::LeftArrayJoin
            | JoinOperator::InnerArrayJoin => Err(Refusal::anywhere("this kind of JOIN")),
        }
    }

    fn constraint(&mut self, constraint: &mut JoinConstraint) -> Result {
        match constraint {
            JoinConstraint::On(expr) => self.expression(expr),
            JoinConstraint::Using(columns) => columns.iter().try_for_each(column_of_using),
            JoinConstraint::UsingAlias(..) => Err(Refusal::anywhere("an alias of USING")),
            JoinConstraint::Natural | JoinConstraint::None => Ok(()),
        }
    }
}

fn column_of_using(column: &ObjectName) -> Result {
    single(column, "a column of USING").map(drop)
}

/// Tells whether a predicate finds no condition to go to, on this side or the other.
fn has_no_condition(join: &Join) -> bool {
    let constraint = match &join.join_operator {
        JoinOperator::FullOuter(_) => return true,
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::StraightJoin(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint) => constraint,
        _ => return false,
    };
    match constraint {
        JoinConstraint::Natural | JoinConstraint::Using(_) | JoinConstraint::UsingAlias(..) => true,
        JoinConstraint::On(_) | JoinConstraint::None => false,
    }
}

/// Tells whether rows of what stands on the left may be missing.
pub(super) fn keeps_its_right_side(tables: &TableWithJoins) -> bool {
    let keeps = |join: &Join| {
        matches!(
            join.join_operator,
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
        )
    };
    tables.joins.iter().any(keeps)
}

/// Tells whether there is a `RIGHT` or a `FULL JOIN` anywhere in it.
pub(super) fn joins_outward(part: &impl Visit) -> bool {
    struct Search;
    impl Visitor for Search {
        type Break = ();

        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
            found(select.from.iter().any(keeps_its_right_side))
        }

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            found(matches!(
                factor,
                TableFactor::NestedJoin { table_with_joins, .. }
                    if keeps_its_right_side(table_with_joins)
            ))
        }
    }
    fn found(is_found: bool) -> ControlFlow<()> {
        if is_found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
    part.visit(&mut Search).is_break()
}

/// Adds predicates of the side that may be missing to the condition of an outer join.
fn on(constraint: &mut JoinConstraint, own: Vec<Expr>) -> Result {
    if own.is_empty() {
        return Ok(());
    }
    let JoinConstraint::On(condition) = constraint else {
        return Err(Refusal::anywhere("an outer JOIN without ON"));
    };
    let mut both = Some(std::mem::replace(condition, Expr::Tuple(Vec::new())));
    also(&mut both, own);
    if let Some(both) = both {
        *condition = both;
    }
    Ok(())
}

/// Tells whether a factor is a table, by name, and nothing around it.
pub(super) fn table_name(factor: &TableFactor) -> Option<&ObjectName> {
    match factor {
        TableFactor::Table { name, args: None, .. } => Some(name),
        _ => None,
    }
}
