//! Random histories of all verbs by eight tenants, against a model in memory, wherever tenants are.
//!
//! All tenants use the same few keys and numbers, so that every verb meets rows of its own, of
//! others, deleted ones and none. A step that fails as the model says spoils its transaction;
//! some transactions are dropped on purpose, and some steps are taken back to a savepoint.
//!
//! All of them together take 36,000 steps, and 1,000,000 in the long mode (`tests/run isolation
//! --long`). `TENANCY_HISTORY` sets another number, `TENANCY_SEED` repeats a run.

mod model;
mod number;
mod own_sql;
mod step;
mod transactions;

use crate::repository::ledger::on_ledger;
use transactions::every_row_stays_with_its_tenant;

/// How many places the steps are shared among: the tests below.
const PLACES: u64 = 9;

mod sqlite {
    super::on_ledger!(Sqlite: every_row_stays_with_its_tenant);
}
mod sqlite_databases {
    super::on_ledger!(SqliteDatabases: every_row_stays_with_its_tenant);
}
mod mysql {
    super::on_ledger!(MySql: every_row_stays_with_its_tenant);
}
mod mysql_databases {
    super::on_ledger!(MySqlDatabases: every_row_stays_with_its_tenant);
}
mod postgres {
    super::on_ledger!(Postgres: every_row_stays_with_its_tenant);
}
mod postgres_schemas {
    super::on_ledger!(PostgresSchemas: every_row_stays_with_its_tenant);
}
mod postgres_databases {
    super::on_ledger!(PostgresDatabases: every_row_stays_with_its_tenant);
}
mod postgres_mixed {
    super::on_ledger!(PostgresMixed: every_row_stays_with_its_tenant);
}
mod pgbouncer_mixed {
    super::on_ledger!(PgBouncerMixed: every_row_stays_with_its_tenant);
}
