//! Tenant isolation in SQL: scoped handles, repositories and row-level security.
//!
//! One [`TenantDb`] per application speaks SQLite, Postgres or `MySQL`, as the URL says. It hands
//! out a [`TenantTx`] for one tenant, and that hands out a [`Repository`] for each entity. A [`SharedTx`]
//! reaches what all tenants share, a [`CrossTenantTx`] reads the rows of all of them, as another
//! role and for whoever holds a bypass. Three things keep tenants apart, each on its own:
//!
//! 1. **Types.** Without a tenant there is no handle, and without a handle no query.
//! 2. **The predicate.** Every statement names the tenant, SQL of your own too
//!    ([`TenantTx::sql`]); a row or an entity of another tenant is refused, coming and going.
//! 3. **The database.** On Postgres, row-level security is enabled and forced on every
//!    registered table, and start-up refuses a role that could step around it.
//!
//! A tenant lives in shared tables, in a schema or in a database of its own, by its
//! [`Placement`](tenancy_core::Placement); the same code works with all of them.
//!
//! [`SqlDirectory`] keeps the tenants themselves, [`SqlAuditLog`] what happened, and
//! [`SqlUsageMeter`] what was used. See [`TenantDb`] for a first program.
//!
//! # What is not here yet
//!
//! Fixtures for your own tests.
//!
//! # Features
//!
//! * `postgres`, `sqlite` (both on), `mysql`: the databases that are compiled in. `mysql` speaks to
//!   `MariaDB` too.
//! * `axum`: [`TenantTx`] as an extractor.
//! * `probe`: the module `probe`, which tries an application's own tables. Each repository is
//!   compiled for each entity then.
//! * `testing`: that, and the module `testing`: a database for each test of an application.

// What one database needs, another does not: a build for some of them leaves it unused.
#![cfg_attr(
    not(all(feature = "postgres", feature = "sqlite", feature = "mysql")),
    allow(dead_code, unused_imports)
)]

#[cfg(not(any(feature = "mysql", feature = "postgres", feature = "sqlite")))]
compile_error!(
    "tenancy-sqlx needs a database: turn on its feature `mysql`, `postgres` or `sqlite`"
);

mod audit;
mod backend;
mod binding;
mod cross_tenant;
mod db;
mod directory;
mod fault;
mod handle;
mod ident;
mod keys;
mod migrate;
mod options;
mod pool;
#[cfg(feature = "probe")]
pub mod probe;
mod provision;
mod repository;
mod rls;
mod scope;
mod seal;
mod shared;
#[cfg(feature = "testing")]
pub mod testing;
mod usage;

/// See [`TenantTx::sql`].
pub use tenancy_macros::FromTenantRow;
/// See [`SharedRepository`] for an example.
pub use tenancy_macros::SharedEntity;
/// ```
/// use tenancy_core::{IntoEntity as _, TenantId};
/// use tenancy_sqlx::{TenantDraft, TenantEntity, TenantValue};
///
/// #[derive(Debug, Clone, Copy, PartialEq, TenantValue)]
/// enum Status {
///     Open,
///     Paid,
/// }
///
/// #[derive(TenantEntity)]
/// #[tenant(table = "invoices", version = "version")]
/// struct Invoice {
///     #[tenant(key)]
///     id: i64,
///     tenant_id: TenantId,
///     number: String,
///     #[tenant(default = "Status::Open")]
///     status: Status,
///     note: Option<String>,
///     version: i64,
/// }
///
/// #[derive(TenantDraft)]
/// struct NewInvoice {
///     id: i64,
///     number: String,
/// }
///
/// let tenant = TenantId::generate();
/// let new = NewInvoice { id: 7, number: "R-7".to_owned() };
/// let invoice: Invoice = new.into_entity(tenant);
/// assert_eq!((invoice.tenant_id, invoice.status, invoice.version), (tenant, Status::Open, 1));
/// assert_eq!((invoice.number.as_str(), invoice.note), ("R-7", None));
/// # let _ = Status::Paid;
/// ```
pub use tenancy_macros::TenantDraft;
/// ```
/// use tenancy_core::TenantId;
/// use tenancy_core::entity::{Kind, TenantEntity as _};
/// use tenancy_sqlx::{TenantEntity, TenantValue};
///
/// #[derive(Debug, Clone, PartialEq, TenantValue)]
/// struct PaymentId(i64);
///
/// #[derive(Debug, Clone, TenantValue)]
/// enum Status {
///     Open,
///     PastDue,
/// }
///
/// #[derive(Debug, Clone, TenantEntity)]
/// #[tenant(table = "payments", version = "version")]
/// struct Payment {
///     #[tenant(key)]
///     id: PaymentId,
///     tenant_id: TenantId,
///     #[tenant(column = "amount_minor")]
///     amount: i64,
///     status: Status,
///     note: Option<String>,
///     version: i64,
/// }
///
/// let table = Payment::TABLE;
/// let columns: Vec<_> = table.columns().iter().map(|column| column.name()).collect();
/// assert_eq!(columns, ["id", "tenant_id", "amount_minor", "status", "note", "version"]);
/// assert_eq!(table.columns()[3].kind(), Kind::Text);
/// assert_eq!(table.columns()[3].choices(), ["open", "past_due"]);
/// assert!(table.columns()[4].is_nullable());
///
/// let payment = Payment {
///     id: PaymentId(7),
///     tenant_id: TenantId::generate(),
///     amount: 1_250,
///     status: Status::PastDue,
///     note: None,
///     version: 0,
/// };
/// assert_eq!(payment.tenant(), payment.tenant_id);
/// assert_eq!(payment.key(), &PaymentId(7));
/// ```
pub use tenancy_macros::TenantEntity;
/// ```
/// use tenancy_core::ErrorKind;
/// use tenancy_core::entity::{FromValue as _, ToValue as _, Value};
/// use tenancy_sqlx::TenantValue;
///
/// #[derive(Debug, PartialEq, TenantValue)]
/// enum Status {
///     Open,
///     PastDue,
///     #[tenant(rename = "void")]
///     Cancelled,
/// }
///
/// assert_eq!(Status::PastDue.to_value(), Value::Text("past_due".to_owned()));
/// assert_eq!(Status::from_value(Value::Text("void".to_owned()))?, Status::Cancelled);
///
/// let error = Status::from_value(Value::Text("lost".to_owned())).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Internal);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
pub use tenancy_macros::TenantValue;

pub use audit::SqlAuditLog;
pub use backend::Backend;
pub use binding::Binding;
pub use cross_tenant::CrossTenantRepository;
pub use db::TenantDb;
pub use directory::SqlDirectory;
pub use handle::{CrossTenantTx, Savepoint, SharedTx, TenantTx};
pub use migrate::Migration;
pub use options::TenantDbOptions;
pub use pool::TenantShare;
pub use repository::Repository;
pub use scope::Sql;
pub use seal::SealKey;
pub use shared::SharedRepository;
pub use usage::{RecordedEvent, SqlQuotaMeter, SqlUsageMeter};

/// What the derives write; not for users.
#[doc(hidden)]
pub mod __private {
    pub use tenancy_core::entity::*;
    pub use tenancy_core::{Error, ErrorKind, TenantId};
}
