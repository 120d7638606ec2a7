//! Events alike become one: the first is told at once, the others as a number when the window
//! closes.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU64;
use std::time::Duration;

use tokio::time::Instant;

use crate::TenantId;
use crate::audit::bounded::bounded;
use crate::audit::{AuditAction, AuditEvent, AuditImportance};

/// What makes two events alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    action: AuditAction,
    /// `None` where there are too many kinds to tell them apart.
    same: Option<Box<str>>,
}

#[derive(Debug)]
struct Window {
    /// How many were counted since the first.
    rest: u64,
    last: AuditEvent,
    importance: AuditImportance,
}

#[derive(Debug)]
pub(super) struct Windows {
    length: Duration,
    open: HashMap<Key, Window>,
    /// In the order in which they close.
    closing: VecDeque<(Instant, Key)>,
}

/// The longest text by which events are told apart, in bytes.
const MAX_SAME: usize = 200;
/// Who can make up addresses can make up kinds: past this many windows, events are alike when
/// tenant and action are, and past twice as many when the action is.
const MOST: usize = 4_096;

impl Windows {
    pub(super) fn new(length: Duration) -> Self {
        Self { length, open: HashMap::new(), closing: VecDeque::new() }
    }

    /// Counts an event; returns it when it is the first of its kind.
    pub(super) fn count(
        &mut self,
        event: AuditEvent,
        importance: AuditImportance,
        same: &str,
        now: Instant,
    ) -> Option<AuditEvent> {
        let key = self.key(&event, same);
        if let Some(window) = self.open.get_mut(&key) {
            window.rest = window.rest.saturating_add(1);
            window.last = event;
            return None;
        }
        self.closing.push_back((now + self.length, key.clone()));
        self.open.insert(key, Window { rest: 0, last: event.clone(), importance });
        Some(event)
    }

    fn key(&self, event: &AuditEvent, same: &str) -> Key {
        let (tenant, action) = (event.tenant(), event.action().clone());
        let mut key = Key { tenant, action, same: Some(bounded(same, MAX_SAME)) };
        if self.open.len() >= MOST && !self.open.contains_key(&key) {
            key.same = None;
        }
        if self.open.len() >= 2 * MOST && !self.open.contains_key(&key) {
            key.tenant = TenantId::PLATFORM;
        }
        key
    }

    /// Closes the windows whose time is over; those that counted more than one say so.
    pub(super) fn close_due(&mut self, now: Instant) -> Vec<(AuditEvent, AuditImportance)> {
        let mut closed = Vec::new();
        while self.closing.front().is_some_and(|(at, _)| *at <= now) {
            closed.extend(self.close_next());
        }
        closed
    }

    /// Closes all windows.
    pub(super) fn close_all(&mut self) -> Vec<(AuditEvent, AuditImportance)> {
        let mut closed = Vec::new();
        while !self.closing.is_empty() {
            closed.extend(self.close_next());
        }
        closed
    }

    fn close_next(&mut self) -> Option<(AuditEvent, AuditImportance)> {
        let (_, key) = self.closing.pop_front()?;
        let Window { rest, last, importance } = self.open.remove(&key)?;
        let times = NonZeroU64::new(rest)?;
        Some((last.with_times(times), importance))
    }

    /// Returns when the next window closes.
    pub(super) fn next_close(&self) -> Option<Instant> {
        self.closing.front().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(tenant: TenantId) -> AuditEvent {
        let action = AuditAction::RESOLUTION_FAILED;
        AuditEvent::new(tenant, action, time::OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_flood_from_everywhere_stays_bounded() {
        let mut windows = Windows::new(Duration::from_mins(1));
        let now = Instant::now();
        let mut told = 0;
        for at in 0..100_000 {
            // Every second one names a tenant of its own.
            let tenant = if at % 2 == 0 { TenantId::PLATFORM } else { TenantId::generate() };
            let event = failure(tenant);
            let first = windows.count(event, AuditImportance::Low, &at.to_string(), now);
            told += u64::from(first.is_some());
        }
        assert!(windows.open.len() <= 2 * MOST + 1, "{}", windows.open.len());
        let counted: u64 = windows.close_all().iter().map(|(event, _)| event.times().get()).sum();
        assert_eq!(told + counted, 100_000, "none is lost");
        assert!(windows.open.is_empty() && windows.next_close().is_none());
    }
}
