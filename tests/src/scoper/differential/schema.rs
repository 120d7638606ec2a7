use std::fmt::Write as _;

use tenancy_core::TenantId;
use tenancy_sqlx::{Migration, TenantDb, TenantDbOptions, TenantEntity};

use super::random::Random;

/// The library needs to know a table, its tenant and its key; the columns are chosen by chance.
macro_rules! entities {
    ($($name:ident $table:literal),*) => {$(
        #[derive(TenantEntity)]
        #[tenant(table = $table)]
        struct $name {
            #[tenant(key)]
            id: i64,
            tenant_id: TenantId,
        }
    )*};
}

entities!(Alpha "alpha", Beta "beta", Gamma "gamma");

/// Its tenant has another name.
#[derive(TenantEntity)]
#[tenant(table = "delta")]
struct Delta {
    #[tenant(key)]
    id: i64,
    #[tenant(tenant)]
    owner: TenantId,
}

pub(super) fn options() -> TenantDbOptions {
    let options = TenantDb::options().register::<Alpha>().register::<Beta>();
    options.register::<Gamma>().register::<Delta>()
}

/// Tables of random columns, with random rows of three tenants that use the same keys.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) tables: Vec<Table>,
    pub(super) tenants: [TenantId; 3],
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) tenant: &'static str,
    /// All of them are integers; the first is the key, the others may be null.
    pub(super) columns: Vec<&'static str>,
    /// The values of each row, and whose it is: a position in `tenants`.
    pub(super) rows: Vec<(usize, Vec<Option<i64>>)>,
}

impl Schema {
    pub(super) fn new(random: &mut Random) -> Self {
        let named = [
            ("alpha", "tenant_id"),
            ("beta", "tenant_id"),
            ("gamma", "tenant_id"),
            ("delta", "owner"),
        ];
        let tables = named.map(|(name, tenant)| Table::new(random, name, tenant));
        let tenants = [TenantId::generate(), TenantId::generate(), TenantId::generate()];
        Self { tables: tables.into(), tenants }
    }

    /// The tables; `tenant` writes the column of the tenant.
    pub(super) fn migration(&self, tenant: impl Fn(&str) -> String) -> Migration {
        let mut script = String::new();
        for Table { name, tenant: column, columns, .. } in &self.tables {
            let columns = integers(columns);
            let tenant = tenant(column);
            write!(
                script,
                "CREATE TABLE {name} ({tenant}, id bigint NOT NULL, {columns}PRIMARY KEY ({column}, id));"
            )
            .expect("writing to a string does not fail");
        }
        Migration::portable(1, "random", script.leak())
    }

    /// The rows; `of` writes a tenant.
    pub(super) fn inserts(&self, of: impl Fn(usize) -> Option<String>) -> String {
        let mut script = String::new();
        for Table { name, tenant: column, columns, rows } in &self.tables {
            for (tenant, values) in rows {
                let Some(tenant) = of(*tenant) else { continue };
                let values: Vec<_> = values.iter().copied().map(literal).collect();
                let (columns, values) = (columns.join(", "), values.join(", "));
                write!(
                    script,
                    "INSERT INTO {name} ({column}, {columns}) VALUES ({tenant}, {values});"
                )
                .expect("writing to a string does not fail");
            }
        }
        script
    }
}

impl Table {
    fn new(random: &mut Random, name: &'static str, tenant: &'static str) -> Self {
        let count = 1 + random.below(4);
        let columns: Vec<_> =
            std::iter::once("id").chain(["a", "b", "c", "d"]).take(count + 1).collect();
        let mut rows = Vec::new();
        for tenant in 0..3 {
            for id in 1..=7 {
                if random.percent(70) {
                    let value = |_: &&str| random.percent(85).then(|| random.small(7));
                    let others: Vec<_> = columns[1..].iter().map(value).collect();
                    rows.push((tenant, std::iter::once(Some(id)).chain(others).collect()));
                }
            }
        }
        Self { name, tenant, columns, rows }
    }
}

fn literal(value: Option<i64>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| value.to_string())
}

/// The columns behind the key.
pub(super) fn integers(columns: &[&str]) -> String {
    let declared: Vec<_> = columns[1..].iter().map(|column| format!("{column} bigint, ")).collect();
    declared.concat()
}
