use std::fmt;

use sqlx::SqlStr;
use tenancy_core::entity::{Row, Value};
use tenancy_core::{Error, TenantEntity, TenantId};

use super::after_commit::AfterCommit;
use super::progress::Progress;
use super::{Savepoint, crossing};
use crate::TenantDb;
use crate::backend::{Access, Backend, Connection};
use crate::repository::Repository;

/// A transaction bound to one tenant: the only thing a repository works on.
///
/// It begins at its first statement, so that no connection waits while a request is still
/// uploading. Dropped without [`commit`](Self::commit), it rolls back.
///
/// # Failure
///
/// After a failed statement the transaction takes no more and does not commit: drop it and start
/// another, or roll back to a [savepoint](Self::savepoint).
///
/// # Cancel safety
///
/// Dropping a call at any point leaves nothing behind for the next user of the connection. A
/// transaction in which a call was dropped takes no more statements and does not commit.
///
/// # Panics
///
/// When it is dropped outside a tokio runtime after it has begun.
pub struct TenantTx {
    db: TenantDb,
    tenant: TenantId,
    access: Access,
    source: Source,
    progress: Progress,
    pub(super) after_commit: AfterCommit,
}

/// Where a reader may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Primary,
    /// A replica too.
    Any,
}

impl TenantTx {
    pub(crate) fn writing(db: TenantDb, tenant: TenantId) -> Self {
        let (access, source) = (Access::ReadWrite, Source::Primary);
        Self::new(db, tenant, access, source, Progress::NotBegun)
    }

    pub(crate) fn reading(db: TenantDb, tenant: TenantId, source: Source) -> Self {
        Self::new(db, tenant, Access::ReadOnly, source, Progress::NotBegun)
    }

    /// Of a transaction that has begun, by a probe.
    #[cfg(feature = "probe")]
    pub(crate) fn begun_by_probe(db: TenantDb, tenant: TenantId, connection: Connection) -> Self {
        let (access, source) = (Access::ReadWrite, Source::Primary);
        Self::new(db, tenant, access, source, Progress::Begun(connection))
    }

    fn new(
        db: TenantDb,
        tenant: TenantId,
        access: Access,
        source: Source,
        progress: Progress,
    ) -> Self {
        Self { db, tenant, access, source, progress, after_commit: AfterCommit::default() }
    }

    /// Returns the connection for what a probe does past the repository.
    #[cfg(feature = "probe")]
    pub(crate) async fn connection_of_probe(&mut self) -> Result<&mut Connection, Error> {
        self.connection().await
    }

    /// Returns the tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Tells whether it refuses writes.
    pub fn is_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    /// Returns the repository of an entity, within this transaction and tenant.
    pub fn repo<E: TenantEntity>(&mut self) -> Repository<'_, E> {
        Repository::new(self)
    }

    /// Sets a savepoint: work that can be taken back without the rest.
    ///
    /// ```
    /// # use tenancy_core::TenantId;
    /// # use tenancy_sqlx::{Migration, TenantDb, TenantEntity};
    /// # #[derive(TenantEntity)]
    /// # #[tenant(table = "notes")]
    /// # struct Note { #[tenant(key)] id: i64, tenant_id: TenantId }
    /// # const NOTES: Migration = Migration::portable(1, "notes", "CREATE TABLE notes (tenant_id BLOB
    /// #     NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id))");
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
    /// # let db = TenantDb::options().register::<Note>().connect("sqlite::memory:").await?;
    /// # db.migrate(&[NOTES]).await?;
    /// # let tenant_id = TenantId::generate();
    /// let mut tx = db.tenant(tenant_id);
    /// tx.repo().insert(Note { id: 1, tenant_id }).await?;
    ///
    /// let mut attempt = tx.savepoint().await?;
    /// attempt.repo().insert(Note { id: 2, tenant_id }).await?;
    /// // The same key again: this statement fails, and the transaction with it ...
    /// assert!(attempt.repo().insert(Note { id: 1, tenant_id }).await.is_err());
    /// // ... until what was done since the savepoint is taken back.
    /// attempt.rollback().await?;
    ///
    /// tx.commit().await?;
    /// assert_eq!(db.read(tenant_id).repo::<Note>().count().await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) in a read-only
    /// transaction, which has nothing to take back; otherwise as a statement.
    pub async fn savepoint(&mut self) -> Result<Savepoint<'_>, Error> {
        self.access.require_write(
            "set a savepoint in a read-only transaction: it has nothing to take back: take \
             TenantDb::tenant",
        )?;
        let id = self.connection().await?.set_savepoint().await?;
        Ok(Savepoint::new(self, id))
    }

    /// Makes all changes permanent. Without a statement before it, nothing happens.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](tenancy_core::ErrorKind::Conflict) when an earlier statement failed
    /// or was cancelled, [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the
    /// database does not answer: whether the changes are in is then not known.
    ///
    /// # Cancel safety
    ///
    /// When dropped, whether the changes are in is not known.
    pub async fn commit(self) -> Result<(), Error> {
        // Whatever becomes of it, also when this is dropped: it may be in.
        let _writing = match (self.access, &self.progress) {
            (Access::ReadWrite, Progress::Begun(_)) => self.db.writing(self.tenant),
            _ => None,
        };
        self.progress.commit().await?;
        self.after_commit.run();
        Ok(())
    }

    /// Takes all changes back and waits for it. Dropping the transaction does so in background.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when the database does
    /// not answer; the changes are not in.
    pub async fn rollback(self) -> Result<(), Error> {
        self.progress.rollback().await
    }

    /// Returns the connection of a transaction that has begun.
    pub(super) fn begun(&mut self) -> Option<&mut Connection> {
        match &mut self.progress {
            Progress::Begun(connection) => Some(connection),
            Progress::NotBegun | Progress::Beginning => None,
        }
    }

    pub(crate) fn db(&self) -> &TenantDb {
        &self.db
    }

    pub(crate) fn backend(&self) -> Backend {
        self.db.backend()
    }

    /// Refuses a write before it is sent.
    pub(crate) fn require_write(&self) -> Result<(), Error> {
        self.access.require_write(
            "write in a read-only transaction: take TenantDb::tenant, or a method other than GET \
             for the route",
        )
    }

    pub(crate) async fn execute(
        &mut self,
        doing: &'static str,
        sql: SqlStr,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        let done = self.connection().await?.execute(doing, sql, values).await;
        done.inspect_err(|error| crossing::tell(self, error))
    }

    /// Runs statements of which none may count without the others: when this is dropped between
    /// two of them, the transaction goes with it.
    pub(crate) async fn execute_all(
        &mut self,
        doing: &'static str,
        statements: Vec<(SqlStr, Vec<Value>)>,
    ) -> Result<u64, Error> {
        self.connection().await?;
        let mut connection = self.progress.lend()?;
        let mut touched = Ok(0);
        for (sql, values) in statements {
            let done = connection.execute(doing, sql, values).await;
            touched = touched.and_then(|touched| Ok(touched + done?));
            if touched.is_err() {
                break;
            }
        }
        self.progress = Progress::Begun(connection);
        touched.inspect_err(|error| crossing::tell(self, error))
    }

    /// Changes rows and reads them, where a change does not return them: when this is dropped
    /// between the two, the transaction goes with it. Reads nothing when nothing was changed.
    pub(crate) async fn change_and_fetch<T: Send>(
        &mut self,
        doing: &'static str,
        change: (SqlStr, Vec<Value>),
        then: (SqlStr, Vec<Value>),
        read: impl Fn(&mut dyn Row) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        self.connection().await?;
        let mut connection = self.progress.lend()?;
        let rows = match connection.execute(doing, change.0, change.1).await {
            Ok(0) => Ok(Vec::new()),
            Ok(_) => connection.fetch(doing, then.0, then.1, read).await,
            Err(error) => Err(error),
        };
        self.progress = Progress::Begun(connection);
        rows.inspect_err(|error| crossing::tell(self, error))
    }

    pub(crate) async fn fetch<T: Send>(
        &mut self,
        doing: &'static str,
        sql: SqlStr,
        values: Vec<Value>,
        read: impl Fn(&mut dyn Row) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let rows = self.connection().await?.fetch(doing, sql, values, read).await;
        rows.inspect_err(|error| crossing::tell(self, error))
    }

    pub(super) async fn connection(&mut self) -> Result<&mut Connection, Error> {
        let (db, tenant, access, source) = (&self.db, self.tenant, self.access, self.source);
        // Boxed when it happens: it would make the future of every statement as large as itself.
        let begin = async {
            match source {
                Source::Primary => Box::pin(db.begin_tenant(tenant, access)).await,
                Source::Any => Box::pin(db.begin_reading(tenant)).await,
            }
        };
        self.progress.connection(begin).await
    }
}

impl fmt::Debug for TenantTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantTx")
            .field("tenant", &self.tenant)
            .field("access", &self.access)
            .field("begun", &self.progress.is_begun())
            .finish_non_exhaustive()
    }
}
