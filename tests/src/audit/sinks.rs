//! Sinks that do what sinks do: fail, hang, panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tenancy_core::audit::{AuditEvent, AuditLog, AuditQuery, AuditSink, MemoryAuditLog};
use tenancy_core::{Error, ErrorKind, TenantId, async_trait};

/// How a sink treats its next calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Away,
    Refusing,
    Hanging,
    Panicking,
}

/// A log that has a mood for so many calls, and is good afterwards.
#[derive(Clone)]
pub(super) struct Moody {
    pub(super) log: MemoryAuditLog,
    mood: Mood,
    left: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Moody {
    pub(super) fn new(mood: Mood, calls: usize) -> Self {
        let (left, log) = (Arc::new(AtomicUsize::new(calls)), MemoryAuditLog::new());
        Self { log, mood, left, calls: Arc::default() }
    }

    pub(super) fn good() -> Self {
        Self::new(Mood::Good, 0)
    }

    /// It is good from now on.
    pub(super) fn recover(&self) {
        self.left.store(0, Ordering::SeqCst);
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(super) async fn of(&self, tenant: TenantId) -> Vec<AuditEvent> {
        let query = AuditQuery::new().limit(1_000);
        let found = self.log.find(tenant, &query).await.unwrap();
        found.iter().map(|entry| entry.event().clone()).collect()
    }

    pub(super) async fn details(&self, tenant: TenantId, name: &str) -> Vec<String> {
        let events = self.of(tenant).await;
        events.iter().filter_map(|event| event.detail(name)).map(str::to_owned).collect()
    }
}

#[async_trait]
impl AuditSink for Moody {
    async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let left =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match self.mood {
            _ if left.is_err() => self.log.record(events).await,
            Mood::Good => self.log.record(events).await,
            Mood::Away => Err(Error::new(ErrorKind::Unavailable, "ask the sink")),
            Mood::Refusing => Err(Error::new(ErrorKind::Internal, "ask the sink")),
            Mood::Hanging => std::future::pending().await,
            Mood::Panicking => panic!("a sink that panics, on purpose"),
        }
    }
}
