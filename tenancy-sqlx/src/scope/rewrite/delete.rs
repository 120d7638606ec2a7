use sqlparser::ast::{Delete, FromTable, TableWithJoins};

use super::names::{Visible, plain, single};
use super::predicate::also;
use super::update::Target;
use super::walk::{Walk, absent, unless};
use crate::scope::dialect::Dialect;
use crate::scope::refusal::{Refusal, Result};

impl Walk<'_> {
    pub(super) fn delete(&mut self, delete: &mut Delete) -> Result {
        self.writes = true;
        let Delete {
            delete_token: _,
            optimizer_hints,
            tables,
            from,
            on_cluster,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
            settings,
        } = delete;
        let from = one_table(from)?;
        unless(!optimizer_hints.is_empty(), "a hint", from)?;
        absent(on_cluster.as_ref(), "ON CLUSTER", from)?;
        absent(output.as_ref(), "OUTPUT", from)?;
        absent(settings.as_ref(), "SETTINGS", from)?;
        let target = self.target_of(from)?;
        self.deletes_from(tables, &target)?;
        let mut visible = Visible::default();
        let mut own = self.target_rows(from, &mut visible)?;
        if let Some(using) = using {
            // On MySQL the tables of USING are the ones that FROM picks from.
            unless(self.dialect == Dialect::MySql, "DELETE … USING on MySQL", from)?;
            own.extend(self.from(using, &mut visible)?);
        }
        self.expressions(&mut *selection)?;
        also(selection, own);
        self.returning(returning, &target)?;
        self.orders(order_by)?;
        self.expressions(limit)
    }

    /// `DELETE n FROM notes AS n JOIN …`: rows of the first table and no other.
    fn deletes_from(&self, tables: &[sqlparser::ast::ObjectName], target: &Target) -> Result {
        for table in tables {
            let name = single(table, "the table to delete from")?;
            if plain(name)? != plain(&target.called)? || tables.len() > 1 {
                let reason = format!(
                    "deleting from others than the first table of the FROM on {}",
                    self.dialect.name()
                );
                return Err(Refusal::at(name, reason));
            }
        }
        Ok(())
    }
}

fn one_table(from: &mut FromTable) -> Result<&mut TableWithJoins> {
    let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = from;
    match tables.as_mut_slice() {
        [table] => Ok(table),
        _ => Err(Refusal::anywhere("DELETE from several tables at once")),
    }
}
