use tenancy_core::entity::Table;

use super::catalogue::{Keys, Reference, Storage, UniqueKey};
use crate::fault::Fault;

/// Says what is wrong with the keys of a table and what to do, unless nothing is; `tables` are
/// those of all tenants' entities.
pub(crate) fn fault(table: &Table, keys: &Keys, tables: &[Table]) -> Option<Fault> {
    match &keys.storage {
        Storage::Sound => {}
        Storage::Absent => {
            return Some(Fault::new(
                "the table does not exist",
                "run TenantDb::migrate with the migration that makes it",
            ));
        }
        Storage::NoTransactions(engine) => {
            return Some(Fault::of(
                format!("its engine {engine} takes nothing back"),
                format!("ALTER TABLE {} ENGINE = InnoDB", table.name()),
            ));
        }
    }
    let (tenant, key) = (tenant(table), table.columns()[table.key()].name());
    if let Some(unique) = keys.unique.iter().find(|unique| !unique.has(tenant)) {
        return Some(Fault::of(
            format!(
                "its unique key {:?} leaves out the tenant, so that a row of one tenant stands in \
                 the way of another's and tells that it is there",
                unique.name,
            ),
            format!(
                "add the column {tenant:?} to it; what must be unique among all tenants belongs \
                 into a table that they share"
            ),
        ));
    }
    if !keys.unique.iter().any(|unique| unique.identifies(tenant, key)) {
        let remedy = format!("add PRIMARY KEY ({tenant}, {key})");
        return Some(Fault::of("it may hold a key twice".to_owned(), remedy));
    }
    let reference = keys.references.iter().find_map(|reference| {
        let target = tables.iter().find(|target| target.name() == reference.table)?;
        let other = self::tenant(target);
        (!reference.has(tenant, other)).then_some((reference, other))
    })?;
    let (Reference { name, table, .. }, other) = reference;
    Some(Fault::of(
        format!("its foreign key {name:?} may refer to a row of another tenant"),
        format!("make it FOREIGN KEY ({tenant}, …) REFERENCES {table} ({other}, …)"),
    ))
}

fn tenant(table: &Table) -> &'static str {
    table.columns()[table.tenant()].name()
}

impl UniqueKey {
    fn has(&self, column: &str) -> bool {
        self.columns.iter().flatten().any(|own| own == column)
    }

    /// Tells whether tenant and key together stand for one row.
    fn identifies(&self, tenant: &str, key: &str) -> bool {
        let mut columns = self.columns.iter();
        self.is_total
            && columns.all(|own| own.as_deref().is_some_and(|it| [tenant, key].contains(&it)))
    }
}

impl Reference {
    fn has(&self, own: &str, other: &str) -> bool {
        self.columns.iter().any(|pair| (pair.0.as_str(), pair.1.as_str()) == (own, other))
    }
}
