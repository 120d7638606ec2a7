use sqlparser::ast::{
    Cte, Expr, Fetch, Ident, LimitClause, LockClause, Offset, OffsetRows, OrderBy, OrderByExpr,
    OrderByKind, OrderByOptions, OrderBySort, Query, SetExpr, SetOperator, SetQuantifier, Value,
    Values, With,
};

use super::joined::joins_outward;
use super::names::{alias_of_rows, plain, single};
use super::walk::{Walk, absent, unless};
use crate::scope::dialect::Dialect;
use crate::scope::refusal::{Refusal, Result};

impl Walk<'_> {
    pub(super) fn query(&mut self, query: &mut Query) -> Result {
        self.count.queries += 1;
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        absent(for_clause.as_ref(), "FOR XML or JSON", body.as_ref())?;
        absent(settings.as_ref(), "SETTINGS", body.as_ref())?;
        absent(format_clause.as_ref(), "FORMAT", body.as_ref())?;
        unless(!pipe_operators.is_empty(), "a pipe", body.as_ref())?;
        let (outside, wrapped) = (self.ctes.len(), self.wrapped);
        if let Some(with) = with {
            self.with(with)?;
        }
        self.set_expression(body)?;
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        if let Some(limit) = limit_clause {
            self.limit(limit)?;
        }
        if self.dialect == Dialect::Sqlite && is_union_all(body) && joins_outward(&**body) {
            keep_apart(limit_clause);
        }
        if let Some(Fetch { with_ties: _, percent: _, quantity }) = fetch {
            self.expressions(quantity)?;
        }
        if !locks.is_empty() {
            self.locks(locks, self.wrapped > wrapped)?;
        }
        self.ctes.truncate(outside);
        Ok(())
    }

    /// Each name is in sight from behind its query, and inside of it after RECURSIVE: where all
    /// databases agree. A name of a table may not be taken, so that none of them mixes the two.
    fn with(&mut self, with: &mut With) -> Result {
        let With { with_token: _, recursive, cte_tables } = with;
        for cte in cte_tables {
            let Cte { alias, query, from, materialized: _, closing_paren_token: _ } = cte;
            absent(from.as_ref(), "FROM behind a common table expression", &alias.name)?;
            let name = self.name_of_cte(alias_of_rows(alias)?)?;
            if *recursive {
                self.ctes.push(name);
                self.query(query)?;
            } else {
                self.query(query)?;
                self.ctes.push(name);
            }
        }
        Ok(())
    }

    fn name_of_cte(&self, name: &Ident) -> Result<String> {
        let key = plain(name)?;
        if self.known.relation(&key).is_some() {
            let reason = format!("WITH {key:?} hides the table of this name: choose another");
            return Err(Refusal::at(name, reason));
        }
        Ok(key)
    }

    fn set_expression(&mut self, body: &mut SetExpr) -> Result {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                match (op, set_quantifier) {
                    (
                        SetOperator::Union | SetOperator::Except | SetOperator::Intersect,
                        SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None,
                    ) => {}
                    _ => return Err(Refusal::at(left.as_ref(), "this kind of UNION or EXCEPT")),
                }
                self.set_expression(left)?;
                self.set_expression(right)
            }
            SetExpr::Values(Values { explicit_row: _, value_keyword: _, rows }) => {
                rows.iter_mut().try_for_each(|row| self.expressions(&mut row.content))
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement) => self.statement(statement),
            SetExpr::Merge(_) => Err(Refusal::at(body, "MERGE: write INSERT … ON CONFLICT")),
            SetExpr::Table(_) => Err(Refusal::at(body, "TABLE: write SELECT * FROM")),
        }
    }

    pub(super) fn order_by(&mut self, order_by: &mut OrderBy) -> Result {
        let OrderBy { kind, interpolate } = order_by;
        if interpolate.is_some() {
            return Err(Refusal::anywhere("INTERPOLATE is not taken"));
        }
        match kind {
            OrderByKind::Expressions(expressions) => self.orders(expressions),
            OrderByKind::All(_) => Err(Refusal::anywhere("ORDER BY ALL is not taken")),
        }
    }

    pub(super) fn orders(&mut self, orders: &mut [OrderByExpr]) -> Result {
        for order in orders {
            let OrderByExpr { expr, options, with_fill } = order;
            let OrderByOptions { sort, nulls_first: _ } = options;
            unless(matches!(sort, Some(OrderBySort::Using(_))), "ORDER BY … USING", expr)?;
            absent(with_fill.as_ref(), "WITH FILL", expr)?;
            self.expression(expr)?;
        }
        Ok(())
    }

    fn limit(&mut self, limit: &mut LimitClause) -> Result {
        match limit {
            LimitClause::LimitOffset { limit, offset, limit_by } => {
                if !limit_by.is_empty() {
                    return Err(Refusal::anywhere("LIMIT BY is not taken"));
                }
                self.expressions(limit)?;
                self.expressions(offset.iter_mut().map(|Offset { value, rows: _ }| value))
            }
            LimitClause::OffsetCommaLimit { offset, limit } => self.expressions([offset, limit]),
        }
    }

    /// A lock does not reach the table inside of a subquery on every database.
    fn locks(&mut self, locks: &[LockClause], is_wrapped: bool) -> Result {
        if self.dialect == Dialect::Sqlite {
            return Err(Refusal::anywhere("FOR UPDATE: SQLite locks no rows, it has one writer"));
        }
        if is_wrapped {
            let reason = "FOR UPDATE beside FULL, NATURAL or USING: write JOIN … ON";
            return Err(Refusal::anywhere(reason));
        }
        for LockClause { lock_type: _, of, nonblock: _ } in locks {
            if let Some(of) = of {
                single(of, "the table of a lock")?;
            }
        }
        self.writes = true;
        Ok(())
    }

    pub(super) fn expressions<'a>(
        &mut self,
        expressions: impl IntoIterator<Item = &'a mut Expr>,
    ) -> Result {
        expressions.into_iter().try_for_each(|expression| self.expression(expression))
    }
}

fn is_union_all(body: &SetExpr) -> bool {
    let is_part = |part: &SetExpr| matches!(part, SetExpr::Select(_)) || is_union_all(part);
    match body {
        SetExpr::SetOperation {
            left,
            op: SetOperator::Union,
            set_quantifier: SetQuantifier::All,
            right,
        } => is_part(left) && is_part(right),
        _ => false,
    }
}

/// Adds an `OFFSET` of nothing, which keeps SQLite from merging the union with what is around it.
///
/// Merged with such a part, another part may lose its whole WHERE (up to 3.51.3 at least), when
/// each term of that has a subquery:
/// `SELECT c FROM (SELECT 1 AS c FROM a WHERE x IN (SELECT 7) UNION ALL SELECT 1 FROM b RIGHT JOIN
/// a ON false)`. The tenant's own predicate has no subquery, so that nobody else's rows appear;
/// too many of its own do.
fn keep_apart(limit: &mut Option<LimitClause>) {
    let number = |text: &str| Expr::Value(Value::Number(text.to_owned(), false).with_empty_span());
    let none = Offset { value: number("0"), rows: OffsetRows::None };
    match limit {
        None => {
            *limit = Some(LimitClause::LimitOffset {
                limit: Some(number("9223372036854775807")),
                offset: Some(none),
                limit_by: Vec::new(),
            });
        }
        Some(LimitClause::LimitOffset { offset, .. }) => {
            offset.get_or_insert(none);
        }
        Some(LimitClause::OffsetCommaLimit { .. }) => {}
    }
}
