use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    Expr, FunctionArg, GroupByExpr, Ident, ObjectName, ObjectNamePart, Query, Select, SelectFlavor,
    SelectItem, SetExpr, TableAlias, TableAliasColumnDef, TableFactor, TableFunctionArgs,
    WildcardAdditionalOptions,
};

use super::joined::Place;
use super::names::{Named, Visible, alias_of_rows, alias_of_table, plain, single};
use super::walk::{Walk, absent, unless};
use crate::scope::dialect::Dialect;
use crate::scope::functions;
use crate::scope::known::Relation;
use crate::scope::refusal::{Refusal, Result};

impl Walk<'_> {
    /// Walks one member of a FROM. What comes back must hold for its rows.
    pub(super) fn factor(
        &mut self,
        factor: &mut TableFactor,
        place: Place,
        visible: &mut Visible,
    ) -> Result<Vec<Expr>> {
        self.count.factors += 1;
        match factor {
            TableFactor::Table { args: Some(_), .. } => {
                self.table_function(factor, visible).map(|()| Vec::new())
            }
            TableFactor::Table { .. } => self.table(factor, place, visible),
            TableFactor::Derived { lateral: _, subquery, alias, sample } => {
                absent(sample.as_ref(), "TABLESAMPLE", subquery.as_ref())?;
                self.query(subquery)?;
                named(alias.as_ref(), None, visible)
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.joined(table_with_joins, place, visible)
            }
            // The alias hides the names of the tables in it.
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.joined(table_with_joins, Place::Subquery, &mut Visible::default())?;
                named(alias.as_ref(), None, visible)
            }
            TableFactor::Function { lateral: _, name, args, with_ordinality: _, alias } => {
                let function = single(name, "a function")?;
                self.pure_table(function)?;
                self.arguments(args)?;
                named(alias.as_ref(), Some(function), visible)
            }
            TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset,
                with_offset_alias,
                with_ordinality: _,
            } => {
                if self.dialect != Dialect::Postgres || *with_offset || with_offset_alias.is_some()
                {
                    return Err(Refusal::anywhere("this UNNEST is not taken"));
                }
                self.expressions(array_exprs)?;
                named(alias.as_ref(), None, visible)
            }
            TableFactor::JsonTable { json_expr, json_path: _, columns: _, alias } => {
                if self.dialect != Dialect::MySql {
                    return Err(Refusal::at(json_expr, "JSON_TABLE is not taken here"));
                }
                self.expression(json_expr)?;
                named(alias.as_ref(), None, visible)
            }
            TableFactor::TableFunction { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => {
                Err(Refusal::at(factor, "this kind of table in a FROM is not taken"))
            }
        }
    }

    fn table(
        &mut self,
        factor: &mut TableFactor,
        place: Place,
        visible: &mut Visible,
    ) -> Result<Vec<Expr>> {
        self.count.relations += 1;
        plain_table(factor)?;
        let TableFactor::Table { name, alias, .. } = factor else { return Ok(Vec::new()) };
        let found = self.named(name)?;
        let alias = alias.as_ref().map(alias_of_table).transpose()?.cloned();
        let (table, relation) = match found {
            Named::Cte => {
                let own = single(name, "a table")?;
                visible.add(alias.as_ref().unwrap_or(own))?;
                return Ok(Vec::new());
            }
            Named::Known(table, relation) => (self.quoted(table), relation),
        };
        // From here on as it is registered: without a schema, in one spelling.
        *name = ObjectName(vec![ObjectNamePart::Identifier(table.clone())]);
        let called = alias.unwrap_or_else(|| table.clone());
        visible.add(&called)?;
        let column = match relation {
            Relation::Shared => return Ok(Vec::new()),
            Relation::Tenant { column } | Relation::View { column } => column,
        };
        if place == Place::Condition {
            return Ok(vec![self.own_rows(&called, column)]);
        }
        self.wrapped += 1;
        *factor = self.subquery(table, column, called);
        Ok(Vec::new())
    }

    /// `(SELECT * FROM "notes" WHERE "notes"."tenant_id" = $1) AS n`
    fn subquery(&self, table: Ident, column: &str, alias: Ident) -> TableFactor {
        let selection = self.own_rows(&table, column);
        let select = Select {
            select_token: AttachedToken::empty(),
            optimizer_hints: Vec::new(),
            distinct: None,
            select_modifiers: None,
            top: None,
            top_before_distinct: false,
            projection: vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())],
            exclude: None,
            into: None,
            from: vec![sqlparser::ast::TableWithJoins {
                relation: bare_table(table),
                joins: Vec::new(),
            }],
            lateral_views: Vec::new(),
            prewhere: None,
            selection: Some(selection),
            connect_by: Vec::new(),
            group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
            cluster_by: Vec::new(),
            distribute_by: Vec::new(),
            sort_by: Vec::new(),
            having: None,
            named_window: Vec::new(),
            qualify: None,
            window_before_qualify: false,
            value_table_mode: None,
            flavor: SelectFlavor::Standard,
        };
        let query = Query {
            with: None,
            body: Box::new(SetExpr::Select(Box::new(select))),
            order_by: None,
            limit_clause: None,
            fetch: None,
            locks: Vec::new(),
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators: Vec::new(),
        };
        TableFactor::Derived {
            lateral: false,
            subquery: Box::new(query),
            alias: Some(TableAlias { explicit: true, name: alias, columns: Vec::new(), at: None }),
            sample: None,
        }
    }

    fn table_function(&mut self, factor: &mut TableFactor, visible: &mut Visible) -> Result {
        self.count.relations += 1;
        plain_table(factor)?;
        let TableFactor::Table { name, alias, args: Some(args), .. } = factor else {
            return Ok(());
        };
        let TableFunctionArgs { args, settings } = args;
        let function = single(name, "a function")?;
        absent(settings.as_ref(), "SETTINGS", function)?;
        self.pure_table(function)?;
        self.arguments(args)?;
        named(alias.as_ref(), Some(function), visible).map(drop)
    }

    fn arguments(&mut self, arguments: &mut [FunctionArg]) -> Result {
        arguments.iter_mut().try_for_each(|argument| self.argument(argument))
    }

    fn pure_table(&self, function: &Ident) -> Result {
        let name = plain(function)?;
        if functions::is_pure_table(self.dialect, &name) || self.known.has_function(&name) {
            return Ok(());
        }
        Err(Refusal::at(function, not_listed(&name)))
    }
}

/// Takes the name of rows that are no table's, so that nothing need hold for them.
fn named(
    alias: Option<&TableAlias>,
    otherwise: Option<&Ident>,
    visible: &mut Visible,
) -> Result<Vec<Expr>> {
    if let Some(name) = alias.map(alias_of_rows).transpose()?.or(otherwise) {
        visible.add(name)?;
    }
    if let Some(TableAlias { columns, .. }) = alias {
        let typed =
            |TableAliasColumnDef { name: _, data_type }: &TableAliasColumnDef| data_type.is_some();
        if columns.iter().any(typed) {
            return Err(Refusal::anywhere("types of columns behind an alias are not taken"));
        }
    }
    Ok(Vec::new())
}

pub(super) fn not_listed(function: &str) -> String {
    format!(
        "the function {function:?} is not on the list: if it reads no table, file or setting, \
         add allow_function to TenantDb::options()"
    )
}

/// Refuses what would make the rows of a table others than it has.
fn plain_table(factor: &TableFactor) -> Result {
    let TableFactor::Table {
        name,
        alias: _,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        index_directives,
        inheritance,
    } = factor
    else {
        return Ok(());
    };
    unless(!with_hints.is_empty(), "a hint at a table", name)?;
    absent(version.as_ref(), "an earlier version of a table", name)?;
    unless(*with_ordinality && args.is_none(), "WITH ORDINALITY at a table", name)?;
    unless(!partitions.is_empty(), "a partition", name)?;
    absent(json_path.as_ref(), "a path at a table", name)?;
    absent(sample.as_ref(), "TABLESAMPLE", name)?;
    unless(!index_directives.is_empty(), "a hint at an index", name)?;
    absent(inheritance.as_ref(), "ONLY or * at a table", name)
}

fn bare_table(table: Ident) -> TableFactor {
    TableFactor::Table {
        name: ObjectName(vec![ObjectNamePart::Identifier(table)]),
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_directives: Vec::new(),
        inheritance: None,
    }
}
