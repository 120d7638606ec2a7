//! Random statements over random tables: through the scoper, in a database that keeps no tenants
//! apart, they do what the bare statement does where nothing but the tenant's rows is to be seen.
//!
//! On Postgres that is a second database under row-level security, on SQLite a file for each
//! tenant. The number of statements is `SCOPER_STATEMENTS`, 500 unless set and
//! 10,000 in the long mode (`tests/run scoper --long`); the seed is `SCOPER_SEED`. A failure prints both statements' fate and the seed of its round.

mod generate;
mod postgres;
mod random;
mod schema;
mod select;
mod sqlite;
mod trial;

use generate::Flavour;

#[tokio::test]
async fn postgres_under_row_level_security() {
    trial::run(Flavour::Postgres, async |schema| postgres::Pair::new(schema).await).await;
}

#[tokio::test]
async fn sqlite_with_a_file_for_each_tenant() {
    trial::run(Flavour::Sqlite, async |schema| sqlite::Pair::new(schema).await).await;
}
