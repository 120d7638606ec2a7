use std::fmt;
use std::ops::{Deref, DerefMut};

use tenancy_core::{Error, ErrorKind};

use super::TenantTx;
use crate::backend::SavepointId;

/// A part of a transaction that can be taken back by itself: set by
/// [`TenantTx::savepoint`].
///
/// It is the transaction: what you ask of it, savepoints included, happens inside of it. Dropped
/// without [`release`](Self::release), it is rolled back before the next statement.
///
/// The tenant was named when the transaction began, before any savepoint: rolling back to one
/// brings no other tenant back.
///
/// # Cancel safety
///
/// A transaction in which a call was dropped half-way takes no more statements and does not
/// commit, and rolling back to a savepoint does not change that: what the dropped call did is
/// not known.
#[must_use = "a savepoint that is dropped is rolled back"]
pub struct Savepoint<'tx> {
    tx: &'tx mut TenantTx,
    id: SavepointId,
    ended: bool,
    /// How much was to be told before it.
    told: usize,
}

impl<'tx> Savepoint<'tx> {
    pub(super) fn new(tx: &'tx mut TenantTx, id: SavepointId) -> Self {
        let told = tx.after_commit.len();
        Self { tx, id, ended: false, told }
    }

    /// Keeps what was done, as a part of the transaction around it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when a statement in it failed or was cancelled: it is rolled back;
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn release(mut self) -> Result<(), Error> {
        let id = self.id;
        match self.tx.begun() {
            Some(connection) => connection.release(id).await?,
            None => return Err(elsewhere()),
        }
        self.ended = true;
        Ok(())
    }

    /// Takes back what was done, also what failed, and waits for it. Dropping does so later.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when a statement in it was cancelled half-way;
    /// [`ErrorKind::Unavailable`] when the database does not answer.
    pub async fn rollback(mut self) -> Result<(), Error> {
        self.ended = true;
        self.tx.after_commit.truncate(self.told);
        let id = self.id;
        match self.tx.begun() {
            Some(connection) => connection.roll_back_to(id).await,
            None => Err(elsewhere()),
        }
    }
}

/// Somebody has put another transaction into this one's place.
fn elsewhere() -> Error {
    Error::new(ErrorKind::Conflict, "end a savepoint: this transaction has none")
}

impl Deref for Savepoint<'_> {
    type Target = TenantTx;

    fn deref(&self) -> &TenantTx {
        self.tx
    }
}

impl DerefMut for Savepoint<'_> {
    fn deref_mut(&mut self) -> &mut TenantTx {
        self.tx
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.tx.after_commit.truncate(self.told);
        let id = self.id;
        if let Some(connection) = self.tx.begun() {
            connection.give_up(id);
        }
    }
}

impl fmt::Debug for Savepoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint").field("tx", &self.tx).finish_non_exhaustive()
    }
}
