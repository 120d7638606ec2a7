use std::any::TypeId;
use std::collections::HashMap;

use tenancy_core::entity::Table;
use tenancy_core::{Error, ErrorKind, TenantEntity};

use super::Statements;

/// The entities of an application, with the text of their statements.
#[derive(Debug, Default)]
pub(crate) struct Registry(HashMap<TypeId, Statements>);

impl Registry {
    pub(crate) fn add<E: TenantEntity>(&mut self) {
        let table = E::TABLE;
        let id = TypeId::of::<E>();
        let taken = self
            .0
            .iter()
            .any(|(other, known)| *other != id && known.table().name() == table.name());
        assert!(!taken, "the table {:?} is registered for another entity", table.name());
        self.0.insert(id, Statements::new(table));
    }

    pub(crate) fn statements<E: TenantEntity>(&self) -> Result<&Statements, Error> {
        self.0.get(&TypeId::of::<E>()).ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "use the table {:?}: add .register::<{}>() to TenantDb::options()",
                    E::TABLE.name(),
                    std::any::type_name::<E>(),
                ),
            )
        })
    }

    /// Tells whether a table is one of them.
    pub(crate) fn has(&self, table: &str) -> bool {
        self.0.values().any(|known| known.table().name() == table)
    }

    pub(crate) fn tables_by_type(&self) -> impl Iterator<Item = (TypeId, Table)> {
        self.0.iter().map(|(id, statements)| (*id, statements.table()))
    }

    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut tables: Vec<_> = self.0.values().map(Statements::table).collect();
        tables.sort_by_key(Table::name);
        tables
    }
}
