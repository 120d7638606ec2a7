//! Tries your own tables: whether a tenant reaches another one's rows, by any verb, statement, key,
//! view or connection.
//!
//! A [`Probe`] makes two tenants, writes a row of each registered entity for both, and then lets
//! each reach for the other's: through repositories, through [`TenantTx::sql`], by statements
//! without a predicate, by foreign keys, through views, and by what a dropped, panicked or rolled
//! back transaction leaves on its connection. Each layer is tried alone: the predicate with the
//! database bound to the victim, the database with statements that have no predicate. Two tenants
//! in both directions.
//!
//! It goes past the checks of start-up, so that it also shows what a set-up lets through that
//! these would refuse.
//!
//! ```
//! use tenancy_core::TenantId;
//! use tenancy_sqlx::probe::Probe;
//! use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
//!
//! #[derive(TenantEntity)]
//! #[tenant(table = "payments")]
//! struct Payment {
//!     #[tenant(key)]
//!     id: i64,
//!     tenant_id: TenantId,
//!     currency: String,
//!     amount_minor: i64,
//! }
//!
//! # const PAYMENTS: Migration = Migration::portable(1, "payments",
//! #     "CREATE TABLE payments (tenant_id BLOB NOT NULL, id INTEGER NOT NULL,
//! #      currency TEXT NOT NULL CHECK (currency IN ('CHF', 'EUR')),
//! #      amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), PRIMARY KEY (tenant_id, id))");
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
//! let db = TenantDb::options().register::<Payment>().connect("sqlite::memory:").await?;
//! db.migrate(&[PAYMENTS]).await?;
//!
//! // Rows are made up; where a rule of a table refuses them, values are given.
//! let report = Probe::new(&db).value(Payment::CURRENCY, "EUR").run().await?;
//! println!("{report}");
//! report.assert_clean();
//! # Ok(()) }
//! ```
//!
//! # What it leaves
//!
//! Nothing: its rows are committed, because only then the other tenant could see them, and deleted
//! at the end, when it fails, and when it is dropped. A program that is killed meanwhile leaves
//! rows of two tenants that nobody knows. Triggers run as for any row, and what they write
//! elsewhere stays. It tells no auditor.
//!
//! Statements that would change rows of the other tenant name that tenant, and are rolled back:
//! where nothing stops them, rows of your tenants are read and not changed.
//!
//! [`TenantTx::sql`]: crate::TenantTx::sql

mod by_key;
mod by_raw;
mod by_repository;
#[cfg(feature = "postgres")]
mod by_seal;
mod by_sql;
mod by_view;
mod cast;
mod curtain;
mod finding;
mod on_connection;
#[expect(clippy::module_inception, reason = "the probe is what this folder is about")]
mod probe;
mod report;
mod sample;
mod stage;
mod surroundings;

pub use finding::{Finding, Gravity, Hand};
pub use probe::Probe;
pub use report::Report;
