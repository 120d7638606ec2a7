use sqlparser::ast::{
    Distinct, GroupByExpr, GroupByWithModifier, NamedWindowDefinition, NamedWindowExpr, Select,
    SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, TableWithJoins,
    WildcardAdditionalOptions,
};

use super::joined::{Place, keeps_its_right_side};
use super::names::{Visible, single};
use super::predicate::also;
use super::walk::{Walk, absent, unless};
use crate::scope::dialect::Dialect;
use crate::scope::refusal::{Refusal, Result};

impl Walk<'_> {
    pub(super) fn select(&mut self, select: &mut Select) -> Result {
        self.count.selects += 1;
        plain_select(select)?;
        if let Some(Distinct::On(expressions)) = &mut select.distinct {
            self.expressions(expressions)?;
        }
        self.select_items(&mut select.projection)?;
        let own = self.from(&mut select.from, &mut Visible::default())?;
        self.expressions(&mut select.selection)?;
        also(&mut select.selection, own);
        self.group_by(&mut select.group_by)?;
        self.expressions(&mut select.having)?;
        for NamedWindowDefinition(_, window) in &mut select.named_window {
            match window {
                NamedWindowExpr::NamedWindow(_) => {}
                NamedWindowExpr::WindowSpec(spec) => self.window(spec)?,
            }
        }
        Ok(())
    }

    /// Walks a FROM; what comes back must hold for its rows.
    pub(super) fn from(
        &mut self,
        from: &mut [TableWithJoins],
        visible: &mut Visible,
    ) -> Result<Vec<sqlparser::ast::Expr>> {
        // For SQLite a comma is one more JOIN: what stands before it may be missing too.
        let is_one_join = self.dialect == Dialect::Sqlite && from.len() > 1;
        let place = if is_one_join && from.iter().any(keeps_its_right_side) {
            Place::Subquery
        } else {
            Place::Condition
        };
        let mut own = Vec::new();
        for tables in from {
            own.extend(self.joined(tables, place, visible)?);
        }
        Ok(own)
    }

    pub(super) fn select_items(&mut self, items: &mut [SelectItem]) -> Result {
        items.iter_mut().try_for_each(|item| self.select_item(item))
    }

    fn select_item(&mut self, item: &mut SelectItem) -> Result {
        match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, alias: _ } => {
                self.expression(expr)
            }
            SelectItem::Wildcard(options) => plain_wildcard(options),
            SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(name),
                options,
            ) => {
                single(name, "a table before .*")?;
                plain_wildcard(options)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                Err(Refusal::at(expr, "an expression before .*"))
            }
            SelectItem::ExprWithAliases { expr, .. } => {
                Err(Refusal::at(expr, "several aliases of one expression"))
            }
        }
    }

    fn group_by(&mut self, group_by: &mut GroupByExpr) -> Result {
        match group_by {
            GroupByExpr::All(_) => Err(Refusal::anywhere("GROUP BY ALL is not taken")),
            GroupByExpr::Expressions(expressions, modifiers) => {
                let is_plain = |modifier: &GroupByWithModifier| match modifier {
                    GroupByWithModifier::Rollup | GroupByWithModifier::Cube => true,
                    GroupByWithModifier::Totals | GroupByWithModifier::GroupingSets(_) => false,
                };
                if !modifiers.iter().all(is_plain) {
                    return Err(Refusal::anywhere("this kind of GROUP BY is not taken"));
                }
                self.expressions(expressions)
            }
        }
    }
}

/// Refuses what other databases have in a SELECT, and `INTO`, which makes a table.
fn plain_select(select: &Select) -> Result {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct: _,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    unless(!optimizer_hints.is_empty(), "a hint", select)?;
    absent(select_modifiers.as_ref(), "a modifier of SELECT", select)?;
    absent(top.as_ref(), "TOP", select)?;
    absent(exclude.as_ref(), "EXCLUDE", select)?;
    absent(into.as_ref(), "SELECT INTO", select)?;
    unless(!lateral_views.is_empty(), "LATERAL VIEW", select)?;
    absent(prewhere.as_ref(), "PREWHERE", select)?;
    unless(!connect_by.is_empty(), "CONNECT BY", select)?;
    unless(!cluster_by.is_empty(), "CLUSTER BY", select)?;
    unless(!distribute_by.is_empty(), "DISTRIBUTE BY", select)?;
    unless(!sort_by.is_empty(), "SORT BY", select)?;
    absent(qualify.as_ref(), "QUALIFY", select)?;
    absent(value_table_mode.as_ref(), "AS STRUCT or AS VALUE", select)?;
    unless(*flavor != SelectFlavor::Standard, "FROM before SELECT", select)
}

fn plain_wildcard(options: &WildcardAdditionalOptions) -> Result {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    let is_plain = opt_ilike.is_none()
        && opt_exclude.is_none()
        && opt_except.is_none()
        && opt_replace.is_none()
        && opt_rename.is_none()
        && opt_alias.is_none();
    unless(!is_plain, "an option of *", options)
}
