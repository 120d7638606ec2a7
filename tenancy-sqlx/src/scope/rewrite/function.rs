use sqlparser::ast::{
    Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList,
    FunctionArguments, WindowFrame, WindowFrameBound, WindowSpec, WindowType,
};

use super::from::not_listed;
use super::names::{plain, single};
use super::walk::{Walk, unless};
use crate::scope::functions;
use crate::scope::refusal::{Refusal, Result};

impl Walk<'_> {
    pub(super) fn function(&mut self, function: &mut Function) -> Result {
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment: _,
            over,
        } = function;
        let ident = single(name, "a function")?;
        unless(*uses_odbc_syntax, "{fn …}", ident)?;
        unless(
            !matches!(parameters, FunctionArguments::None),
            "a second pair of parentheses",
            ident,
        )?;
        let key = plain(ident)?;
        if !functions::is_pure(self.dialect, &key) && !self.known.has_function(&key) {
            return Err(Refusal::at(ident, not_listed(&key)));
        }
        match args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => self.query(query)?,
            FunctionArguments::List(list) => self.argument_list(list)?,
        }
        self.orders(within_group)?;
        self.expressions(filter.as_deref_mut())?;
        match over {
            None | Some(WindowType::NamedWindow(_)) => Ok(()),
            Some(WindowType::WindowSpec(spec)) => self.window(spec),
        }
    }

    fn argument_list(&mut self, list: &mut FunctionArgumentList) -> Result {
        let FunctionArgumentList { duplicate_treatment: _, args, clauses } = list;
        for argument in args {
            self.argument(argument)?;
        }
        for clause in clauses {
            match clause {
                FunctionArgumentClause::IgnoreOrRespectNulls(_)
                | FunctionArgumentClause::Separator(_) => {}
                FunctionArgumentClause::OrderBy(orders) => self.orders(orders)?,
                FunctionArgumentClause::Limit(limit) => self.expression(limit)?,
                FunctionArgumentClause::Where(_)
                | FunctionArgumentClause::OnOverflow(_)
                | FunctionArgumentClause::Having(_)
                | FunctionArgumentClause::JsonNullClause(_)
                | FunctionArgumentClause::JsonReturningClause(_) => {
                    return Err(Refusal::anywhere("a clause inside of a function is not taken"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn argument(&mut self, argument: &mut FunctionArg) -> Result {
        match argument {
            FunctionArg::Unnamed(value)
            | FunctionArg::Named { name: _, arg: value, operator: _ } => match value {
                FunctionArgExpr::Expr(expr) => self.expression(expr),
                FunctionArgExpr::Wildcard => Ok(()),
                FunctionArgExpr::QualifiedWildcard(name) => {
                    single(name, "a table before .*").map(drop)
                }
                FunctionArgExpr::WildcardWithOptions(options) => {
                    unless(true, "an option of *", options)
                }
            },
            FunctionArg::ExprNamed { name, .. } => {
                Err(Refusal::at(name, "a computed name of an argument"))
            }
        }
    }

    pub(super) fn window(&mut self, spec: &mut WindowSpec) -> Result {
        let WindowSpec { window_name: _, partition_by, order_by, window_frame } = spec;
        self.expressions(partition_by)?;
        self.orders(order_by)?;
        let Some(WindowFrame { units: _, start_bound, end_bound }) = window_frame else {
            return Ok(());
        };
        for bound in std::iter::once(start_bound).chain(end_bound) {
            match bound {
                WindowFrameBound::CurrentRow => {}
                WindowFrameBound::Preceding(expr) | WindowFrameBound::Following(expr) => {
                    self.expressions(expr.as_deref_mut())?;
                }
            }
        }
        Ok(())
    }
}
