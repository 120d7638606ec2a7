use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use tenancy_core::{Error, TenantId};
use tenancy_sqlx::TenantDb;

use crate::harness::Note;

/// What a request was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::isolation) enum Await {
    /// A connection, the begin, and the first statement.
    Begin,
    Statement,
    Savepoint,
    /// A statement behind a savepoint.
    Inside,
    Release,
    /// Of a savepoint.
    Rollback,
    Commit,
    /// The end of a read.
    End,
}

impl Await {
    pub(in crate::isolation) const ALL: [Self; 8] = [
        Self::Begin,
        Self::Statement,
        Self::Savepoint,
        Self::Inside,
        Self::Release,
        Self::Rollback,
        Self::Commit,
        Self::End,
    ];
}

/// A request of a tenant that is cancelled somewhere.
pub(super) struct Victim<'db> {
    db: &'db TenantDb,
    tenant: TenantId,
    at: Cell<Await>,
}

/// Behind a savepoint that is rolled back: nobody ever sees it.
pub(super) const TAKEN_BACK: i64 = 1_000_000_000;

impl<'db> Victim<'db> {
    pub(super) fn new(db: &'db TenantDb, tenant: TenantId) -> Self {
        Self { db, tenant, at: Cell::new(Await::Begin) }
    }

    /// Runs one of four requests and drops it after some polls. `None` means that it was
    /// cancelled there; where is added to `hits`.
    pub(super) async fn run(
        &self,
        which: i64,
        id: i64,
        polls: usize,
        hits: &mut BTreeMap<Await, u64>,
    ) -> Option<Result<(), Error>> {
        self.at.set(Await::Begin);
        let outcome = match which % 4 {
            0 => cancelled_after(polls, self.write_pair(id)).await,
            1 => cancelled_after(polls, self.read()).await,
            2 => cancelled_after(polls, self.write_and_release(id)).await,
            _ => cancelled_after(polls, self.write_and_take_back(id)).await,
        };
        if outcome.is_none() {
            *hits.entry(self.at.get()).or_default() += 1;
        }
        outcome
    }

    fn note(&self, id: i64) -> Note {
        Note::new(self.tenant, id)
    }

    /// Writes a pair of notes in one transaction: both are there afterwards, or none.
    pub(super) async fn write_pair(&self, id: i64) -> Result<(), Error> {
        let mut tx = self.db.tenant(self.tenant);
        tx.repo::<Note>().insert(self.note(id)).await?;
        self.at.set(Await::Statement);
        tx.repo::<Note>().insert(self.note(-id)).await?;
        self.at.set(Await::Commit);
        tx.commit().await
    }

    async fn read(&self) -> Result<(), Error> {
        let mut tx = self.db.read(self.tenant);
        tx.repo::<Note>().count().await?;
        self.at.set(Await::End);
        tx.commit().await
    }

    async fn write_and_release(&self, id: i64) -> Result<(), Error> {
        let mut tx = self.db.tenant(self.tenant);
        tx.repo::<Note>().insert(self.note(id)).await?;
        self.at.set(Await::Savepoint);
        let mut point = tx.savepoint().await?;
        self.at.set(Await::Inside);
        point.repo::<Note>().insert(self.note(-id)).await?;
        self.at.set(Await::Release);
        point.release().await?;
        self.at.set(Await::Commit);
        tx.commit().await
    }

    async fn write_and_take_back(&self, id: i64) -> Result<(), Error> {
        let mut tx = self.db.tenant(self.tenant);
        tx.repo::<Note>().insert(self.note(id)).await?;
        self.at.set(Await::Savepoint);
        let mut point = tx.savepoint().await?;
        self.at.set(Await::Inside);
        point.repo::<Note>().insert(self.note(TAKEN_BACK + id)).await?;
        self.at.set(Await::Rollback);
        point.rollback().await?;
        self.at.set(Await::Statement);
        tx.repo::<Note>().insert(self.note(-id)).await?;
        self.at.set(Await::Commit);
        tx.commit().await
    }
}

/// Polls a future at most `polls` times, then drops it: `None` means it was cancelled there.
async fn cancelled_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // The last poll allowed is over: nobody would wake us for the drop.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
