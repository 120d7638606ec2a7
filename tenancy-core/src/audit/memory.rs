use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use super::{AuditEvent, AuditLog, AuditQuery, AuditSink, ChainBreak, ChainHead, ChainedEvent};
use crate::{Error, TenantId};

/// Audit events in memory, in a chain for each tenant. Clones share them.
///
/// It forgets nothing until the process ends: it is for tests and for programs that run shortly.
///
/// ```
/// use tenancy_core::audit::{
///     AuditAction, AuditEvent, AuditLog, AuditParty, AuditQuery, AuditSink, MemoryAuditLog,
/// };
/// use tenancy_core::{Clock, SystemClock, TenantId};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let log = MemoryAuditLog::new();
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// for (tenant, actor) in [(harbor, "ada"), (harbor, "bob"), (summit, "bob")] {
///     let read = AuditEvent::new(tenant, AuditAction::DATA_READ, SystemClock.now())
///         .with_actor(AuditParty::user(actor))
///         .with_owner(AuditParty::user("ada"));
///     log.record(&[read]).await?;
/// }
///
/// let found = log.find(harbor, &AuditQuery::new().by_others()).await?;
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].event().actor(), Some(&AuditParty::user("bob")));
/// assert!(log.verify(harbor, None).await?.is_whole());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryAuditLog(Arc<Mutex<HashMap<TenantId, Chain>>>);

/// The chain of one tenant.
#[derive(Debug, Default)]
struct Chain {
    entries: Vec<ChainedEvent>,
    known: HashSet<Uuid>,
}

impl MemoryAuditLog {
    /// Starts without events.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Chain>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chain {
    fn head(&self, tenant: TenantId) -> ChainHead {
        self.entries.last().map_or_else(|| ChainHead::genesis(tenant), ChainedEvent::head)
    }

    fn add(&mut self, event: &AuditEvent) -> Result<(), Error> {
        if self.known.insert(event.id()) {
            self.entries.push(self.head(event.tenant()).link(event.clone())?);
        }
        Ok(())
    }
}

#[async_trait]
impl AuditSink for MemoryAuditLog {
    async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
        let mut all = self.lock();
        events.iter().try_for_each(|event| all.entry(event.tenant()).or_default().add(event))
    }
}

#[async_trait]
impl AuditLog for MemoryAuditLog {
    async fn find(&self, tenant: TenantId, query: &AuditQuery) -> Result<Vec<ChainedEvent>, Error> {
        let all = self.lock();
        let Some(chain) = all.get(&tenant) else { return Ok(Vec::new()) };
        let limit = usize::try_from(query.page().1).unwrap_or(usize::MAX);
        let matches = |entry: &&ChainedEvent| query.matches(entry);
        Ok(if query.is_newest_first() {
            chain.entries.iter().rev().filter(matches).take(limit).cloned().collect()
        } else {
            chain.entries.iter().filter(matches).take(limit).cloned().collect()
        })
    }

    async fn head(&self, tenant: TenantId) -> Result<ChainHead, Error> {
        let all = self.lock();
        Ok(all.get(&tenant).map_or_else(|| ChainHead::genesis(tenant), |it| it.head(tenant)))
    }

    async fn entries(
        &self,
        tenant: TenantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Result<ChainedEvent, ChainBreak>>, Error> {
        let query = AuditQuery::new().after(after).limit(limit);
        Ok(self.find(tenant, &query).await?.into_iter().map(Ok).collect())
    }
}
