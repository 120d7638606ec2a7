use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};
use tenancy_core::{Error, ErrorKind};

/// A savepoint of a transaction. No two of a program are alike, so that none is taken for
/// another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SavepointId(u64);

impl SavepointId {
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn set(self) -> SqlStr {
        text(format!("SAVEPOINT tenancy_{}", self.0))
    }

    pub(super) fn release(self) -> SqlStr {
        text(format!("RELEASE SAVEPOINT tenancy_{}", self.0))
    }

    /// Takes back what was done since, and ends it.
    pub(super) fn roll_back(self) -> SqlStr {
        let Self(id) = self;
        text(format!("ROLLBACK TO SAVEPOINT tenancy_{id}; RELEASE SAVEPOINT tenancy_{id}"))
    }
}

/// A number is all that is put in.
fn text(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}

/// The savepoints that are open, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Savepoints {
    open: Vec<SavepointId>,
    /// One that was dropped: it is rolled back before anything else happens.
    given_up: Option<SavepointId>,
}

impl Savepoints {
    pub(super) fn push(&mut self, id: SavepointId) {
        self.open.push(id);
    }

    /// Refuses one that is not the innermost: those inside of it would end with it, unseen.
    pub(super) fn require_innermost(&self, id: SavepointId) -> Result<(), Error> {
        if self.open.last() == Some(&id) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "release a savepoint: it is not the innermost one of this transaction",
        ))
    }

    /// Refuses a commit that would make the work of an open savepoint permanent.
    pub(super) fn require_none(&self) -> Result<(), Error> {
        if self.open.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "commit a transaction: a savepoint of it is still open: release it, or roll it back",
        ))
    }

    /// Forgets the innermost.
    pub(super) fn pop(&mut self) {
        self.open.pop();
    }

    /// Remembers to roll back to one; false when it is none of this transaction.
    pub(super) fn give_up(&mut self, id: SavepointId) -> bool {
        let Some(at) = self.open.iter().position(|open| *open == id) else { return false };
        // Those inside of it end with it.
        self.open.truncate(at);
        self.given_up = Some(id);
        true
    }

    /// Takes what is to be rolled back.
    pub(super) fn take_given_up(&mut self) -> Option<SavepointId> {
        self.given_up.take()
    }
}
