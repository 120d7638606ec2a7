use super::TenantTx;

/// What is told once a transaction is in.
#[derive(Default)]
pub(super) struct AfterCommit(Vec<Box<dyn FnOnce() + Send + Sync>>);

impl AfterCommit {
    pub(super) fn run(self) {
        for tell in self.0 {
            tell();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets what was asked for later.
    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

impl TenantTx {
    /// Has something told once this transaction is in: a worker that there is work, a cache that
    /// a row has changed.
    ///
    /// It runs when [`commit`](Self::commit) succeeds, before that returns, in the order it was
    /// asked for; not when the transaction is rolled back, nor for what a savepoint took back. A
    /// process that ends in between tells nobody, and nor does a commit whose outcome is not
    /// known: whoever is told must find the work without it too, later. Keep it short, and let
    /// it not panic: the commit has happened.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use std::sync::atomic::{AtomicU32, Ordering};
    /// # use tenancy_core::TenantId;
    /// # use tenancy_sqlx::TenantDb;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
    /// # let db = TenantDb::options().connect("sqlite::memory:").await?;
    /// # db.migrate(&[]).await?;
    /// let told = Arc::new(AtomicU32::new(0));
    /// for gives_up in [true, false] {
    ///     let mut tx = db.tenant(TenantId::generate());
    ///     let counter = told.clone();
    ///     tx.after_commit(move || {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///     });
    ///     if gives_up { tx.rollback().await? } else { tx.commit().await? }
    /// }
    /// assert_eq!(told.load(Ordering::Relaxed), 1);
    /// # Ok(()) }
    /// ```
    pub fn after_commit(&mut self, tell: impl FnOnce() + Send + Sync + 'static) {
        self.after_commit.0.push(Box::new(tell));
    }
}
