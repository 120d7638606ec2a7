use std::any::TypeId;
use std::collections::HashMap;
use std::sync::OnceLock;

use tenancy_core::entity::Table;
use tenancy_core::{Error, ErrorKind, TenantEntity};

use super::Statements;
use crate::backend::Backend;

/// The entities of an application, with the text of their statements.
#[derive(Debug, Default)]
pub(crate) struct Registry(HashMap<TypeId, Entry>);

#[derive(Debug)]
struct Entry {
    table: Table,
    /// For each backend in use, written at its first statement.
    statements: [OnceLock<Box<Statements>>; Backend::ALL.len()],
    #[cfg(feature = "probe")]
    verbs: Box<dyn super::verbs::Verbs>,
}

impl Registry {
    pub(crate) fn add<E: TenantEntity>(&mut self) {
        let table = E::TABLE;
        let id = TypeId::of::<E>();
        let taken =
            self.0.iter().any(|(other, known)| *other != id && known.table.name() == table.name());
        assert!(!taken, "the table {:?} is registered for another entity", table.name());
        let entry = Entry {
            table,
            statements: Default::default(),
            #[cfg(feature = "probe")]
            verbs: Box::new(super::verbs::Of::<E>::new()),
        };
        self.0.insert(id, entry);
    }

    pub(crate) fn statements<E: TenantEntity>(
        &self,
        backend: Backend,
    ) -> Result<&Statements, Error> {
        let entry = self.0.get(&TypeId::of::<E>()).ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "use the table {:?}: add .register::<{}>() to TenantDb::options()",
                    E::TABLE.name(),
                    std::any::type_name::<E>(),
                ),
            )
        })?;
        let statements = &entry.statements[backend as usize];
        Ok(statements.get_or_init(|| Box::new(Statements::new(entry.table, backend))))
    }

    /// Tells whether a table is one of them.
    pub(crate) fn has(&self, table: &str) -> bool {
        self.0.values().any(|known| known.table.name() == table)
    }

    pub(crate) fn tables_by_type(&self) -> impl Iterator<Item = (TypeId, Table)> {
        self.0.iter().map(|(id, entry)| (*id, entry.table))
    }

    /// The repositories of all entities, in the order of their tables' names.
    #[cfg(feature = "probe")]
    pub(crate) fn verbs(&self) -> Vec<(Table, &dyn super::verbs::Verbs)> {
        let mut verbs: Vec<_> = self.0.values().map(|entry| (entry.table, &*entry.verbs)).collect();
        verbs.sort_by_key(|(table, _)| table.name());
        verbs
    }

    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut tables: Vec<_> = self.0.values().map(|entry| entry.table).collect();
        tables.sort_by_key(Table::name);
        tables
    }
}
