use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, Query, Select, Statement, TableFactor, Visit, Visitor};

use crate::scope::refusal::{Refusal, Result};

/// How deep expressions may nest: the walk goes down by recursion.
const MAX_DEPTH: usize = 200;

/// How many parts of each kind there are in a tree.
///
/// The parser's own visitor finds all of them, though it does not know what they mean. If it
/// finds one that the walk did not, the walk has a hole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) queries: usize,
    pub(super) selects: usize,
    pub(super) relations: usize,
    pub(super) factors: usize,
    pub(super) expressions: usize,
}

impl Count {
    /// Counts what is in a tree that was not changed yet.
    pub(super) fn of(statement: &Statement) -> Result<Self> {
        let mut counting = Counting { count: Self::default(), depth: 0 };
        match statement.visit(&mut counting) {
            ControlFlow::Continue(()) => Ok(counting.count),
            ControlFlow::Break(()) => {
                let reason = format!("its expressions nest deeper than {MAX_DEPTH} levels");
                Err(Refusal::anywhere(reason))
            }
        }
    }
}

struct Counting {
    count: Count,
    depth: usize,
}

impl Visitor for Counting {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.count.queries += 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, _: &Select) -> ControlFlow<()> {
        self.count.selects += 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, _: &ObjectName) -> ControlFlow<()> {
        self.count.relations += 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, _: &TableFactor) -> ControlFlow<()> {
        self.count.factors += 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.count.expressions += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}
