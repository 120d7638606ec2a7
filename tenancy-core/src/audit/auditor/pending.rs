//! What an auditor holds under its lock.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::options::AuditorOptions;
use super::queue::{Queue, Queued};
use super::windows::Windows;
use crate::TenantId;
use crate::audit::{AuditAction, AuditEvent, AuditImportance, AuditOutcome};

#[derive(Debug)]
pub(super) struct Pending {
    queue: Queue,
    windows: Windows,
    /// How many events of a tenant were lost, since it was last said.
    lost: BTreeMap<TenantId, u64>,
    /// Whether a task brings events to the sink.
    pub(super) is_drained: bool,
    /// The place of the first event that the task has; 0 for those that say what was lost.
    in_flight: Option<u64>,
}

/// What the task does next.
pub(super) enum Next {
    /// Hands these to the sink.
    Record(Vec<Queued>),
    /// Says that events were lost.
    Confess(Vec<AuditEvent>),
    /// Waits for events, or until a window closes.
    WaitUntil(Instant),
    /// Ends.
    End,
}

/// How many events the sink gets at a time.
const BATCH: usize = 100;
/// So many tenants are told how many of their events were lost; the platform, of the others.
const MOST_LOSERS: usize = 256;

impl Pending {
    pub(super) fn new(options: &AuditorOptions) -> Self {
        Self {
            queue: Queue::new(options.queue),
            windows: Windows::new(options.window),
            lost: BTreeMap::new(),
            is_drained: false,
            in_flight: None,
        }
    }

    pub(super) fn push(&mut self, event: AuditEvent, importance: AuditImportance) {
        if let Some(lost) = self.queue.push(event, importance) {
            self.lose(&lost);
        }
    }

    pub(super) fn push_alike(
        &mut self,
        event: AuditEvent,
        importance: AuditImportance,
        same: &str,
        now: Instant,
    ) {
        self.close_due(now);
        if let Some(first) = self.windows.count(event, importance, same, now) {
            self.push(first, importance);
        }
    }

    /// Counts an event that nobody will find.
    pub(super) fn lose(&mut self, event: &AuditEvent) {
        let times = event.times().get();
        metrics::counter!("tenancy_audit_dropped_total").increment(times);
        let is_known = self.lost.contains_key(&event.tenant());
        let tenant = match event.tenant() {
            tenant if is_known || self.lost.len() < MOST_LOSERS => tenant,
            _ => TenantId::PLATFORM,
        };
        let lost = self.lost.entry(tenant).or_default();
        *lost = lost.saturating_add(times);
    }

    fn close_due(&mut self, now: Instant) {
        for (event, importance) in self.windows.close_due(now) {
            self.push(event, importance);
        }
    }

    pub(super) fn close_all(&mut self) {
        for (event, importance) in self.windows.close_all() {
            self.push(event, importance);
        }
    }

    /// Says what to do next; events that are returned count as in flight.
    pub(super) fn next(&mut self, now: Instant, at: OffsetDateTime) -> Next {
        self.close_due(now);
        let batch = self.queue.take(BATCH);
        if let Some(first) = batch.first() {
            self.in_flight = Some(first.place);
            return Next::Record(batch);
        }
        // Only now: while events are being lost, saying so would make it worse.
        if !self.lost.is_empty() {
            self.in_flight = Some(0);
            let lost = std::mem::take(&mut self.lost).into_iter();
            return Next::Confess(
                lost.map(|(tenant, times)| confession(tenant, times, at)).collect(),
            );
        }
        if let Some(close) = self.windows.next_close() {
            return Next::WaitUntil(close);
        }
        self.is_drained = false;
        Next::End
    }

    pub(super) fn settled(&mut self) {
        self.in_flight = None;
    }

    /// Takes back what the task had, because it ends.
    pub(super) fn put_back(&mut self, batch: Vec<Queued>) {
        self.queue.put_back(batch);
        self.in_flight = None;
        self.is_drained = false;
    }

    /// Returns the place behind all events that were told.
    pub(super) const fn end(&self) -> u64 {
        self.queue.next_place()
    }

    /// Tells whether the sink has all events before a place, or nobody has them.
    pub(super) fn is_settled_before(&self, place: u64) -> bool {
        let oldest = [self.in_flight, self.queue.oldest()].into_iter().flatten().min();
        self.lost.is_empty() && oldest.is_none_or(|oldest| oldest >= place)
    }

    pub(super) fn has_work(&self) -> bool {
        self.queue.len() > 0 || !self.lost.is_empty() || self.windows.next_close().is_some()
    }
}

fn confession(tenant: TenantId, times: u64, at: OffsetDateTime) -> AuditEvent {
    let times = NonZeroU64::new(times).unwrap_or(NonZeroU64::MIN);
    tracing::error!(tenant.id = %tenant, audit.times = times, "audit events are lost");
    AuditEvent::new(tenant, AuditAction::EVENTS_LOST, at)
        .with_outcome(AuditOutcome::Failed)
        .with_times(times)
}
