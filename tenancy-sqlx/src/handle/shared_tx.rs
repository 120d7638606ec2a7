use std::fmt;

use sqlx::SqlStr;
use tenancy_core::Error;
use tenancy_core::entity::{Row, SharedEntity, Value};

use super::progress::Progress;
use crate::TenantDb;
use crate::backend::{Access, Connection};
use crate::shared::SharedRepository;

/// A transaction of no tenant: for tables that all tenants share.
///
/// It cannot name a tenant's table: its repositories take a [`SharedEntity`] and nothing else.
/// And were a statement to reach one all the same, Postgres would show it no row, because each
/// transaction says whom it is for, and this one says nobody.
///
/// Like [`TenantTx`](crate::TenantTx) it begins at its first statement, rolls back when dropped,
/// takes nothing after a failed statement, and may be dropped at any point.
///
/// # Panics
///
/// When it is dropped outside a tokio runtime after it has begun.
pub struct SharedTx {
    db: TenantDb,
    access: Access,
    progress: Progress,
}

impl SharedTx {
    pub(crate) fn new(db: TenantDb, access: Access) -> Self {
        Self { db, access, progress: Progress::NotBegun }
    }

    /// Tells whether it refuses writes.
    pub fn is_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    /// Returns the repository of a shared entity, within this transaction.
    pub fn repo<E: SharedEntity>(&mut self) -> SharedRepository<'_, E> {
        SharedRepository::new(self)
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
        self.progress.commit().await
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

    pub(crate) fn db(&self) -> &TenantDb {
        &self.db
    }

    pub(crate) fn require_write(&self) -> Result<(), Error> {
        self.access.require_write("write in a read-only transaction: take TenantDb::shared")
    }

    pub(crate) async fn execute(
        &mut self,
        doing: &'static str,
        sql: SqlStr,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        self.connection().await?.execute(doing, sql, values).await
    }

    pub(crate) async fn fetch<T: Send>(
        &mut self,
        doing: &'static str,
        sql: SqlStr,
        values: Vec<Value>,
        read: impl Fn(&mut dyn Row) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        self.connection().await?.fetch(doing, sql, values, read).await
    }

    async fn connection(&mut self) -> Result<&mut Connection, Error> {
        let begin = self.db.begin_shared(self.access);
        self.progress.connection(begin).await
    }
}

impl fmt::Debug for SharedTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTx")
            .field("access", &self.access)
            .field("begun", &self.progress.is_begun())
            .finish_non_exhaustive()
    }
}
