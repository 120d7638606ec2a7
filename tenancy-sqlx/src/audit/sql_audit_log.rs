use async_trait::async_trait;
use sqlx::SqlSafeStr as _;
use tenancy_core::audit::{AuditQuery, ChainBreak, ChainHead, ChainedEvent};
use tenancy_core::entity::ToValue as _;
use tenancy_core::{AuditEvent, AuditLog, AuditSink, Error, ErrorKind, TenantId};

use super::row::columns;
use super::{append, find, row};
use crate::TenantDb;
use crate::backend::Access;

/// An [`AuditLog`] in the tables that [`TenantDb::migrate`] makes.
///
/// Each tenant has a hash chain; whoever appends locks its head, so that nodes never fork it. An
/// event that is in already is not taken twice. The events of the platform stand under
/// [`TenantId::PLATFORM`].
///
/// The tables can only be added to: triggers refuse changes, and on Postgres forced row-level
/// security shows a transaction the chain of its own tenant, and lets nobody change or delete,
/// the tables' owner included. An owner could take that away again, and whoever may alter the
/// database can write a chain anew: keep a [head](AuditLog::head) elsewhere now and then, and
/// [verify](AuditLog::verify) with it.
///
/// Give it a [`TenantDb`] of its own. A request that holds a transaction while it records would
/// otherwise wait for a second connection of the same pool; on SQLite, whose writers take turns,
/// it would wait for itself, even on another handle of the same file: record before the
/// transaction's first write, or keep the log in another file.
///
/// ```
/// use tenancy_core::audit::{
///     AuditAction, AuditLog, AuditParty, AuditQuery, AuditResource, Auditor,
/// };
/// use tenancy_core::TenantId;
/// use tenancy_sqlx::{SqlAuditLog, TenantDb};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let db = TenantDb::options().connect("sqlite::memory:").await?;
/// db.migrate(&[]).await?;
/// let log = SqlAuditLog::new(db);
/// let auditor = Auditor::new(log.clone());
///
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// for tenant in [harbor, summit] {
///     let read = auditor.event_of(tenant, AuditAction::DATA_READ);
///     let read = read.with_actor(AuditParty::user("nurse_1")).with_owner(AuditParty::user("ada"));
///     auditor.record(read.with_resource(AuditResource::new("patient_file", "17"))).await?;
/// }
///
/// // Who looked at another user's data?
/// let found = log.find(harbor, &AuditQuery::new().by_others()).await?;
/// assert_eq!(found.len(), 1);
/// assert!(log.verify(harbor, None).await?.is_whole());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SqlAuditLog {
    db: TenantDb,
}

impl SqlAuditLog {
    /// Keeps events in this database.
    pub fn new(db: TenantDb) -> Self {
        // Its tables are on the first server, wherever a tenant's own are.
        Self { db: db.into_main() }
    }
}

#[async_trait]
impl AuditSink for SqlAuditLog {
    async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
        // A tenant's events in one transaction, in their order.
        let mut tenants = Vec::new();
        for event in events {
            if !tenants.contains(&event.tenant()) {
                tenants.push(event.tenant());
            }
        }
        for tenant in tenants {
            let own: Vec<_> = events.iter().filter(|event| event.tenant() == tenant).collect();
            append::append(&self.db, tenant, &own).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl AuditLog for SqlAuditLog {
    async fn find(&self, tenant: TenantId, query: &AuditQuery) -> Result<Vec<ChainedEvent>, Error> {
        let (sql, values) = find::statement(tenant, query);
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        let found = connection.fetch("find audit events", sql, values, row::read).await?;
        found.into_iter().collect::<Result<_, _>>().map_err(|broken| {
            Error::new(ErrorKind::Internal, format!("find audit events: {broken}"))
        })
    }

    async fn head(&self, tenant: TenantId) -> Result<ChainHead, Error> {
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        let sql = "SELECT sequence, hash FROM tenancy_audit_heads WHERE tenant_id = $1";
        let values = vec![tenant.to_value()];
        let read = |row: &mut dyn tenancy_core::entity::Row| row::head(tenant, row);
        let heads = connection.fetch("read an audit head", sql.into_sql_str(), values, read);
        Ok(heads.await?.pop().unwrap_or_else(|| ChainHead::genesis(tenant)))
    }

    async fn entries(
        &self,
        tenant: TenantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Result<ChainedEvent, ChainBreak>>, Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM tenancy_audit_events WHERE tenant_id = $1 AND sequence > $2",
            " ORDER BY sequence LIMIT $3"
        );
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let values = vec![tenant.to_value(), after.to_value(), i64::from(limit).to_value()];
        let mut connection = self.db.begin_tenant(tenant, Access::ReadOnly).await?;
        connection.fetch("read audit events", SQL.into_sql_str(), values, row::read).await
    }
}
