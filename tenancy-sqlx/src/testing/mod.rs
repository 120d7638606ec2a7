//! What an application's own tests stand on: a database for each test, and two tenants.
//!
//! [`TestDatabases`] makes databases with the application's tables: on Postgres each is copied from
//! a template, which is migrated once; on `MySQL` and SQLite each is migrated by itself. A
//! [`TestDb`] is gone when it is dropped.
//!
//! ```
//! use tenancy_core::TenantId;
//! use tenancy_sqlx::testing::TestDatabases;
//! use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
//!
//! #[derive(Debug, PartialEq, TenantEntity)]
//! #[tenant(table = "notes")]
//! struct Note {
//!     #[tenant(key)]
//!     id: i64,
//!     tenant_id: TenantId,
//! }
//!
//! const NOTES: Migration = Migration::portable(1, "notes",
//!     "CREATE TABLE notes (tenant_id BLOB NOT NULL, id INTEGER NOT NULL,
//!      PRIMARY KEY (tenant_id, id))");
//!
//! /// In files, or on the server that a variable names.
//! fn databases() -> TestDatabases {
//!     let url = std::env::var("DATABASE_URL_OF_TESTS").unwrap_or("sqlite:".into());
//!     TestDatabases::new(url, || TenantDb::options().register::<Note>(), &[NOTES])
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
//! let test = databases().create().await?;
//! let [harbor, summit] = test.tenants();
//! let mut tx = test.db().tenant(harbor);
//! tx.repo().insert(Note { id: 1, tenant_id: harbor }).await?;
//! tx.commit().await?;
//! assert_eq!(test.db().read(summit).repo::<Note>().get(&1).await?, None);
//! # Ok(()) }
//! ```
//!
//! # A rollback for each test
//!
//! A [`TenantTx`](crate::TenantTx) that is dropped is rolled back: tests of code that takes a
//! transaction need no more, and can share one [`TestDb`]. Code that commits by itself gets a
//! database of its own.

#[cfg(any(feature = "mysql", feature = "postgres"))]
mod template;
mod test_databases;
mod test_db;

pub use test_databases::TestDatabases;
pub use test_db::TestDb;
