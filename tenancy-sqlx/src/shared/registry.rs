use std::any::TypeId;
use std::collections::HashMap;

use tenancy_core::entity::SharedEntity;
use tenancy_core::{Error, ErrorKind};

use super::Statements;

/// The shared entities of an application, with the text of their statements.
#[derive(Debug, Default)]
pub(crate) struct SharedRegistry(HashMap<TypeId, Statements>);

impl SharedRegistry {
    pub(crate) fn add<E: SharedEntity>(&mut self) {
        assert!(!self.has(E::TABLE.name()), "the table {:?} is registered twice", E::TABLE.name());
        self.0.insert(TypeId::of::<E>(), Statements::new(&E::TABLE));
    }

    /// Tells whether a table is one of them.
    pub(crate) fn has(&self, table: &str) -> bool {
        self.0.values().any(|known| known.table == table)
    }

    /// Returns the names of the tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'static str> {
        self.0.values().map(|known| known.table)
    }

    pub(super) fn statements<E: SharedEntity>(&self) -> Result<&Statements, Error> {
        self.0.get(&TypeId::of::<E>()).ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "use the table {:?}: add .register_shared::<{}>() to TenantDb::options()",
                    E::TABLE.name(),
                    std::any::type_name::<E>(),
                ),
            )
        })
    }
}
