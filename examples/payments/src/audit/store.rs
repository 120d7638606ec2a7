use std::sync::Arc;
use std::time::Duration;

use tenancy_core::audit::{AuditLog, Auditor};
use tenancy_core::{Clock, Error};
use tenancy_sqlx::{SqlAuditLog, TenantDb, TenantDbOptions};

/// Where the log is kept, and who brings events to it.
#[derive(Clone)]
pub(crate) struct AuditStore {
    db: TenantDb,
    log: Arc<dyn AuditLog>,
    auditor: Auditor,
}

impl AuditStore {
    /// Opens the log over connections of its own: a request that holds one of the others could
    /// otherwise wait for itself.
    ///
    /// Its tables are the library's, which whoever migrates the database makes.
    pub(crate) async fn open(
        options: TenantDbOptions,
        url: &str,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let db = options.max_connections(4).clock(clock.clone()).connect(url).await?;
        let log = SqlAuditLog::new(db.clone());
        let auditor = Auditor::options().clock(clock.clone()).build(log.clone());
        Ok(Self { db, log: Arc::new(log), auditor })
    }

    /// Makes the tables, where the log has a database for itself.
    pub(crate) async fn migrate(&self) -> Result<(), Error> {
        self.db.migrate(&[]).await
    }

    pub(crate) fn log(&self) -> &Arc<dyn AuditLog> {
        &self.log
    }

    pub(crate) fn auditor(&self) -> &Auditor {
        &self.auditor
    }

    /// Brings what was told to the log, and closes it. What cannot be brought in time is lost, and
    /// said to be.
    pub(crate) async fn close(self, patience: Duration) {
        if tokio::time::timeout(patience, self.auditor.flush()).await.is_err() {
            tracing::error!("audit events are lost: the log did not take them in time");
        }
        self.db.close().await;
    }
}
