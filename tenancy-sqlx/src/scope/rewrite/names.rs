use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, TableAlias};

use super::walk::{Walk, absent};
use crate::ident::is_plain;
use crate::scope::dialect::Dialect;
use crate::scope::known::Relation;
use crate::scope::refusal::{Refusal, Result};

/// What a name in a FROM turned out to be.
pub(super) enum Named {
    Cte,
    Known(&'static str, Relation),
}

impl Walk<'_> {
    /// Looks a name of a FROM up: a common table expression in sight, or what is registered.
    pub(super) fn named(&self, name: &ObjectName) -> Result<Named> {
        let parts = identifiers(name)?;
        let (table, is_qualified) = match parts.as_slice() {
            [table] => (*table, false),
            [schema, table] => {
                self.own_schema(schema)?;
                (*table, true)
            }
            _ => return Err(Refusal::at(name, "a name with more than two parts")),
        };
        let key = plain(table)?;
        if !is_qualified && self.ctes.contains(&key) {
            return Ok(Named::Cte);
        }
        match self.known.relation(&key) {
            Some((name, relation)) => Ok(Named::Known(name, relation)),
            None => Err(Refusal::at(table, unknown_table(&key))),
        }
    }

    /// The name itself goes away: each tenant's transaction searches its own schema.
    fn own_schema(&self, schema: &Ident) -> Result {
        let own = match self.dialect {
            Dialect::Postgres => self.known.schema(),
            Dialect::Sqlite => "main",
            Dialect::MySql => "",
        };
        if plain(schema)? == own {
            return Ok(());
        }
        let reason = format!("the schema {:?}: write the table without a schema", schema.value);
        Err(Refusal::at(schema, reason))
    }

    /// A name that our own text quotes.
    pub(super) fn quoted(&self, name: &str) -> Ident {
        Ident::with_quote(self.dialect.quote(), name)
    }
}

fn unknown_table(name: &str) -> String {
    let is_catalogue = ["pg_", "sqlite_", "pragma_", "information_schema", "mysql_"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    if is_catalogue {
        return format!("the table {name:?}: a system catalogue knows no tenants");
    }
    format!(
        "the table {name:?} is not registered: add register::<Entity>(), \
         register_shared or tenant_view to TenantDb::options()"
    )
}

/// The names by which the tables of one FROM are referred to.
#[derive(Debug, Default)]
pub(super) struct Visible(Vec<String>);

impl Visible {
    /// Takes a name; SQLite alone would let a second table have it too.
    pub(super) fn add(&mut self, name: &Ident) -> Result {
        let key = plain(name)?;
        if self.0.contains(&key) {
            let reason = format!("two tables of one FROM are called {key:?}: give one an alias");
            return Err(Refusal::at(name, reason));
        }
        self.0.push(key);
        Ok(())
    }
}

/// The name of a table, an alias or the like, as every database understands it: those that fold
/// it and those that do not.
pub(super) fn plain(name: &Ident) -> Result<String> {
    let folded = match name.quote_style {
        None => name.value.to_ascii_lowercase(),
        Some(_) => name.value.clone(),
    };
    if is_plain(&folded) {
        return Ok(folded);
    }
    let reason = format!(
        "the name {:?}: a table is named by 1 to 63 of a-z, 0-9 and _, quoted or not",
        name.value
    );
    Err(Refusal::at(name, reason))
}

/// Reads a name of plain parts.
pub(super) fn identifiers<'name>(name: &'name ObjectName) -> Result<Vec<&'name Ident>> {
    let part = |part: &'name ObjectNamePart| match part {
        ObjectNamePart::Identifier(ident) => Ok(ident),
        ObjectNamePart::Function(_) => Err(Refusal::at(name, "a name made by a function")),
    };
    name.0.iter().map(part).collect()
}

/// Reads a name of one part.
pub(super) fn single<'name>(name: &'name ObjectName, what: &str) -> Result<&'name Ident> {
    match identifiers(name)?.as_slice() {
        [ident] => Ok(ident),
        _ => Err(Refusal::at(name, format!("{what} with a dot in it"))),
    }
}

/// Reads the alias of a table, which may rename no columns: the tenant's would be one of them.
pub(super) fn alias_of_table(alias: &TableAlias) -> Result<&Ident> {
    let TableAlias { explicit: _, name, columns, at } = alias;
    absent(at.as_ref(), "AT", name)?;
    if columns.is_empty() {
        return Ok(name);
    }
    Err(Refusal::at(name, "an alias that renames columns of a table: rename them in the SELECT"))
}

/// Reads the alias of a subquery, a function or a common table expression.
pub(super) fn alias_of_rows(alias: &TableAlias) -> Result<&Ident> {
    let TableAlias { explicit: _, name, columns: _, at } = alias;
    absent(at.as_ref(), "AT", name)?;
    Ok(name)
}
