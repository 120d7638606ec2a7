use std::collections::{HashMap, HashSet};

use tenancy_core::entity::Table;

use crate::ident::is_plain;

/// What free SQL may name: the tables of the registered entities, and what was added to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The schema of all tables on Postgres.
    schema: &'static str,
    relations: HashMap<&'static str, Relation>,
    functions: HashSet<&'static str>,
}

/// A view that was made known, and its tenant's column.
#[cfg(feature = "probe")]
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) column: &'static str,
}

/// What a name in a FROM is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Rows of tenants; the column says whose.
    Tenant { column: &'static str },
    /// As a table of tenants, but read only.
    View { column: &'static str },
    /// The same rows for everybody, read only.
    Shared,
}

impl Known {
    /// Adds a view that has a column of the tenant.
    pub(crate) fn add_view(&mut self, name: &'static str, column: &'static str) {
        assert!(is_plain(column), "a column's name must be plain: a-z, 0-9 and _, 63 at most");
        self.add(name, Relation::View { column });
    }

    pub(crate) fn add_function(&mut self, name: &'static str) {
        assert!(is_plain(name), "a function's name must be plain: a-z, 0-9 and _, 63 at most");
        self.functions.insert(name);
    }

    /// Adds the tables that all tenants share.
    pub(crate) fn with_shared(mut self, tables: impl Iterator<Item = &'static str>) -> Self {
        tables.for_each(|table| self.add(table, Relation::Shared));
        self
    }

    /// Adds the tables of all entities, in a schema.
    pub(crate) fn with_entities(mut self, schema: &'static str, tables: Vec<Table>) -> Self {
        self.schema = schema;
        for table in tables {
            let column = table.columns()[table.tenant()].name();
            self.add(table.name(), Relation::Tenant { column });
        }
        self
    }

    #[cfg(test)]
    pub(super) fn for_tests(tables: &[&'static str], column: &'static str) -> Self {
        let mut known = Self { schema: "public", ..Self::default() };
        for table in tables {
            known.add(table, Relation::Tenant { column });
        }
        known.add("currencies", Relation::Shared);
        known
    }

    fn add(&mut self, name: &'static str, relation: Relation) {
        assert!(is_plain(name), "a table's name must be plain: a-z, 0-9 and _, 63 at most");
        let taken = self.relations.insert(name, relation).is_some();
        assert!(!taken, "the table {name:?} is registered twice");
    }

    pub(super) const fn schema(&self) -> &'static str {
        self.schema
    }

    pub(super) fn relation(&self, name: &str) -> Option<(&'static str, Relation)> {
        self.relations.get_key_value(name).map(|(name, relation)| (*name, *relation))
    }

    pub(super) fn has_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    #[cfg(feature = "probe")]
    pub(super) fn functions(&self) -> Vec<&'static str> {
        let mut functions: Vec<_> = self.functions.iter().copied().collect();
        functions.sort_unstable();
        functions
    }

    #[cfg(feature = "probe")]
    pub(super) fn views(&self) -> Vec<View> {
        let views = self.relations.iter().filter_map(|(name, relation)| match relation {
            Relation::View { column } => Some(View { name, column }),
            Relation::Tenant { .. } | Relation::Shared => None,
        });
        let mut views: Vec<_> = views.collect();
        views.sort_by_key(|view| view.name);
        views
    }

    /// The columns in which rows tell their tenant.
    pub(super) fn tenant_columns(&self) -> Vec<&'static str> {
        let mut columns: Vec<_> = self
            .relations
            .values()
            .filter_map(|relation| match relation {
                Relation::Tenant { column } | Relation::View { column } => Some(*column),
                Relation::Shared => None,
            })
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}
