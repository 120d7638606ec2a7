use std::fmt;

use sqlx::SqlStr;
use tenancy_core::entity::{Row, Value};
use tenancy_core::{Error, ErrorKind, TenantEntity, TenantId};

use super::crossing;
use crate::TenantDb;
use crate::backend::{Access, Connection};
use crate::repository::Repository;

/// A transaction bound to one tenant: the only thing a repository works on.
///
/// It begins at its first statement, so that no connection waits while a request is still
/// uploading. Dropped without [`commit`](Self::commit), it rolls back.
///
/// # Failure
///
/// After a failed statement the transaction takes no more and does not commit: drop it and start
/// another.
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
    progress: Progress,
}

enum Progress {
    /// No statement yet.
    NotBegun,
    /// It is being begun; if this is what a later call finds, that failed or was cancelled.
    Beginning,
    Begun(Connection),
}

impl TenantTx {
    pub(crate) fn new(db: TenantDb, tenant: TenantId, access: Access) -> Self {
        Self { db, tenant, access, progress: Progress::NotBegun }
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

    /// Makes all changes permanent. Without a statement before it, nothing happens.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when an earlier statement failed or was cancelled,
    /// [`ErrorKind::Unavailable`] when the database does not answer: whether the changes are in
    /// is then not known.
    ///
    /// # Cancel safety
    ///
    /// When dropped, whether the changes are in is not known.
    pub async fn commit(self) -> Result<(), Error> {
        match self.progress {
            Progress::Begun(connection) => connection.commit().await,
            Progress::NotBegun => Ok(()),
            Progress::Beginning => Err(not_begun()),
        }
    }

    /// Takes all changes back and waits for it. Dropping the transaction does so in background.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the database does not answer; the changes are not in.
    pub async fn rollback(self) -> Result<(), Error> {
        match self.progress {
            Progress::Begun(connection) => connection.rollback().await,
            Progress::NotBegun | Progress::Beginning => Ok(()),
        }
    }

    pub(crate) fn db(&self) -> &TenantDb {
        &self.db
    }

    /// Refuses a write before it is sent.
    pub(crate) fn require_write(&self) -> Result<(), Error> {
        if self.is_read_only() {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "write in a read-only transaction: take TenantDb::tenant, or a method other \
                 than GET for the route",
            ));
        }
        Ok(())
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

    pub(crate) async fn fetch<T>(
        &mut self,
        doing: &'static str,
        sql: SqlStr,
        values: Vec<Value>,
        read: impl Fn(&mut dyn Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let rows = self.connection().await?.fetch(doing, sql, values, read).await;
        rows.inspect_err(|error| crossing::tell(self, error))
    }

    async fn connection(&mut self) -> Result<&mut Connection, Error> {
        if let Progress::NotBegun = self.progress {
            self.progress = Progress::Beginning;
            let connection = self.db.begin_tenant(self.tenant, self.access).await?;
            self.progress = Progress::Begun(connection);
        }
        match &mut self.progress {
            Progress::Begun(connection) => Ok(connection),
            Progress::NotBegun | Progress::Beginning => Err(not_begun()),
        }
    }
}

/// The first statement did not happen: a later one may not pass for the whole.
fn not_begun() -> Error {
    Error::new(ErrorKind::Conflict, "use a transaction: its begin failed or was cancelled")
}

impl fmt::Debug for TenantTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantTx")
            .field("tenant", &self.tenant)
            .field("access", &self.access)
            .field("begun", &matches!(self.progress, Progress::Begun(_)))
            .finish_non_exhaustive()
    }
}
