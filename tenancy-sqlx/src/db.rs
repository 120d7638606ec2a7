//! The entry: one per application.

use std::fmt;
use std::sync::Arc;

use tenancy_core::{Auditor, Bypass, BypassPurpose, Clock, Error, ErrorKind, TenantId};
use tokio::sync::OnceCell;

use crate::backend::{Access, Backend, Connection, Pools};
use crate::cross_tenant::Entrance;
use crate::handle::{CrossTenantTx, SharedTx, TenantTx};
use crate::migrate::{self, Migration};
use crate::options::TenantDbOptions;
use crate::repository::{CursorKey, Registry};
use crate::rls;
use crate::shared::SharedRegistry;

/// A database that holds many tenants. Cheap to clone; the URL's scheme chooses the database.
///
/// It lends no connection and runs no SQL by itself: what touches rows goes through a
/// [`TenantTx`], which is bound to one tenant.
///
/// ```
/// use tenancy_core::TenantId;
/// use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
///
/// #[derive(Debug, Clone, PartialEq, TenantEntity)]
/// #[tenant(table = "notes")]
/// struct Note {
///     #[tenant(key)]
///     id: i64,
///     tenant_id: TenantId,
///     text: String,
/// }
///
/// const NOTES: Migration = Migration::portable(
///     1,
///     "notes",
///     "CREATE TABLE notes (tenant_id BLOB NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL,
///      PRIMARY KEY (tenant_id, id))",
/// );
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let db = TenantDb::options().register::<Note>().connect("sqlite::memory:").await?;
/// db.migrate(&[NOTES]).await?;
///
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let note = Note { id: 1, tenant_id: harbor, text: "ours".into() };
///
/// let mut tx = db.tenant(harbor);
/// tx.repo::<Note>().insert(note.clone()).await?;
/// tx.commit().await?;
///
/// assert_eq!(db.read(harbor).repo::<Note>().get(&1).await?, Some(note.clone()));
/// assert_eq!(db.read(summit).repo::<Note>().get(&1).await?, None);
/// assert!(db.tenant(summit).repo::<Note>().insert(note).await.is_err());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TenantDb(Arc<Inner>);

struct Inner {
    pools: Pools,
    /// Where the rows of all tenants are read.
    entrance: Option<Entrance>,
    options: TenantDbOptions,
    /// Set once the database has been found to guard the registered tables.
    verified: OnceCell<()>,
}

impl TenantDb {
    /// Starts with the usual options and no entities.
    pub fn options() -> TenantDbOptions {
        TenantDbOptions::default()
    }

    /// Opens the database without asking whether it answers.
    pub(crate) fn open(url: &str, options: TenantDbOptions) -> Result<Self, Error> {
        let pools = Pools::new(url, &options)?;
        let entrance = Entrance::open(&options, &pools)?;
        Ok(Self(Arc::new(Inner { pools, entrance, options, verified: OnceCell::new() })))
    }

    /// Brings the schema up to date and protects the tables of all registered entities.
    ///
    /// In this order: a check of the role, the library's own tables, `migrations`, on Postgres the
    /// row-level security of every registered table that lacks it, and [`verify`](Self::verify). What was done
    /// before is not done again. Instances that start at the same time wait for each other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) when a migration that
    /// ran before has changed or is missing, and for what [`verify`](Self::verify) refuses;
    /// [`ErrorKind::Internal`](tenancy_core::ErrorKind::Internal) when a migration fails: it is
    /// rolled back, those before it stay.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), Error> {
        rls::verify_role(self).await?;
        migrate::run(self, migrations).await?;
        rls::enable(self).await?;
        self.verify().await
    }

    /// Checks that the database itself keeps tenants apart. The first transaction does this too.
    ///
    /// On Postgres: the role is no superuser, does not bypass row-level security and cannot
    /// become a role that does; every registered table has row-level security enabled and forced,
    /// with the tenant's policy and no other that would let more through. SQLite has no such
    /// guard: there the types and the predicate of every statement do the work.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) says what is wrong
    /// and what to do.
    pub async fn verify(&self) -> Result<(), Error> {
        rls::verify(self).await
    }

    /// Names a tenant, for reading and writing. Nothing is acquired before the first statement.
    pub fn tenant(&self, tenant: TenantId) -> TenantTx {
        TenantTx::new(self.clone(), tenant, Access::ReadWrite)
    }

    /// Names a tenant, for reading: the transaction refuses writes, and so does the database.
    pub fn read(&self, tenant: TenantId) -> TenantTx {
        TenantTx::new(self.clone(), tenant, Access::ReadOnly)
    }

    /// Opens the tables that all tenants share, for reading and writing. Nothing is acquired
    /// before the first statement.
    pub fn shared(&self) -> SharedTx {
        SharedTx::new(self.clone(), Access::ReadWrite)
    }

    /// Opens the tables that all tenants share, for reading.
    pub fn read_shared(&self) -> SharedTx {
        SharedTx::new(self.clone(), Access::ReadOnly)
    }

    /// Opens the rows of all tenants, for reading, to whoever holds a bypass.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`] when the bypass has expired; [`ErrorKind::Misconfigured`] without
    /// [`TenantDbOptions::cross_tenant`], and when the role there could do more than read, or
    /// would not see all rows; [`ErrorKind::Unavailable`] when the database does not answer, or
    /// the use cannot be recorded.
    pub async fn cross_tenant<P: BypassPurpose>(
        &self,
        bypass: Bypass<P>,
    ) -> Result<CrossTenantTx<P>, Error> {
        let entrance = self.entrance()?;
        bypass.use_for("open a transaction over all tenants").await?;
        entrance.verify(&self.0.options).await?;
        Ok(CrossTenantTx::new(self.clone(), bypass))
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when none comes within
    /// the acquire time-out.
    pub async fn ping(&self) -> Result<(), Error> {
        self.begin(None, Access::ReadOnly).await.map(drop)
    }

    /// Closes all connections, after the transactions in flight have ended.
    pub async fn close(&self) {
        if let Some(entrance) = &self.0.entrance {
            entrance.close().await;
        }
        self.0.pools.close().await;
    }

    /// Returns which database this is.
    pub fn backend(&self) -> Backend {
        self.0.pools.backend()
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0.options.registry
    }

    pub(crate) fn shared_registry(&self) -> &SharedRegistry {
        &self.0.options.shared
    }

    pub(crate) fn entrance(&self) -> Result<&Entrance, Error> {
        self.0.entrance.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                "cross tenants: add .cross_tenant(url) to TenantDb::options(), with a database \
                 role of its own",
            )
        })
    }

    pub(crate) fn auditor(&self) -> Option<&Auditor> {
        self.0.options.auditor.as_ref()
    }

    pub(crate) fn cursor_key(&self) -> &CursorKey {
        &self.0.options.cursor_key
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.options.clock
    }

    /// Begins a transaction for a tenant, after the database was found to guard its tables.
    pub(crate) async fn begin_tenant(
        &self,
        tenant: TenantId,
        access: Access,
    ) -> Result<Connection, Error> {
        self.0.verified.get_or_try_init(|| self.verify()).await?;
        self.begin(Some(tenant), access).await
    }

    /// Begins a transaction for no tenant: it sees the library's tables and no tenant's rows.
    pub(crate) async fn begin_shared(&self, access: Access) -> Result<Connection, Error> {
        self.begin(None, access).await
    }

    /// Begins a transaction that reads the rows of all tenants.
    pub(crate) async fn begin_cross_tenant(&self) -> Result<Connection, Error> {
        self.entrance()?.begin(&self.0.options).await
    }

    async fn begin(&self, tenant: Option<TenantId>, access: Access) -> Result<Connection, Error> {
        self.0.pools.begin(tenant, access, &self.0.options).await
    }
}

impl fmt::Debug for TenantDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDb").field("backend", &self.backend()).finish_non_exhaustive()
    }
}
