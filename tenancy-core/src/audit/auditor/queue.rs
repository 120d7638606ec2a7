//! Events that wait for the sink: bounded, in order, the least important lost first.

use std::collections::VecDeque;

use crate::audit::{AuditEvent, AuditImportance};

/// An event with its place in the order of all that were told.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) place: u64,
    importance: AuditImportance,
    pub(super) event: AuditEvent,
}

#[derive(Debug)]
pub(super) struct Queue {
    room: usize,
    /// One line for each importance, the lowest first.
    lines: [VecDeque<Queued>; 3],
    next_place: u64,
}

impl Queue {
    pub(super) fn new(room: usize) -> Self {
        Self { room, lines: Default::default(), next_place: 0 }
    }

    /// Takes an event at the end; returns the one that is lost for it, or itself.
    ///
    /// Among events of the same importance the newest is lost: the first ones say how it began.
    pub(super) fn push(
        &mut self,
        event: AuditEvent,
        importance: AuditImportance,
    ) -> Option<AuditEvent> {
        let lost = if self.len() < self.room { None } else { self.make_room(importance) };
        if lost.is_none() && self.len() >= self.room {
            return Some(event);
        }
        let place = self.next_place;
        self.next_place += 1;
        self.lines[line(importance)].push_back(Queued { place, importance, event });
        lost
    }

    /// Gives up the newest of the least important events, if it is less important than this.
    fn make_room(&mut self, importance: AuditImportance) -> Option<AuditEvent> {
        let lower = self.lines[..line(importance)].iter_mut().find(|line| !line.is_empty());
        lower.and_then(VecDeque::pop_back).map(|queued| queued.event)
    }

    /// Takes the oldest events, whatever their importance.
    pub(super) fn take(&mut self, most: usize) -> Vec<Queued> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let oldest = self.lines.iter_mut().filter(|line| !line.is_empty());
            let oldest = oldest.min_by_key(|line| line.front().map(|queued| queued.place));
            match oldest.and_then(VecDeque::pop_front) {
                Some(queued) => taken.push(queued),
                None => break,
            }
        }
        taken
    }

    /// Puts events back that were taken, in front of all others.
    pub(super) fn put_back(&mut self, taken: Vec<Queued>) {
        for queued in taken.into_iter().rev() {
            self.lines[line(queued.importance)].push_front(queued);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.iter().map(VecDeque::len).sum()
    }

    /// Returns the place of the oldest event.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.lines.iter().filter_map(|line| line.front()).map(|queued| queued.place).min()
    }

    /// Returns the place that the next event gets.
    pub(super) const fn next_place(&self) -> u64 {
        self.next_place
    }
}

const fn line(importance: AuditImportance) -> usize {
    importance as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TenantId;
    use crate::audit::AuditAction;
    use AuditImportance::{High, Low, Normal};

    fn event(name: &str) -> AuditEvent {
        let action = AuditAction::parse(name).expect("a name");
        AuditEvent::new(TenantId::PLATFORM, action, time::OffsetDateTime::UNIX_EPOCH)
    }

    fn names(taken: &[Queued]) -> Vec<&str> {
        taken.iter().map(|queued| queued.event.action().as_str()).collect()
    }

    #[test]
    fn the_least_important_is_lost_and_the_order_stays() {
        let mut queue = Queue::new(3);
        let told = [("a", Low), ("b", Normal), ("c", Low), ("d", High), ("e", Normal), ("f", Low)];
        let mut lost = Vec::new();
        for (name, importance) in told {
            lost.extend(queue.push(event(name), importance));
        }
        let lost: Vec<_> = lost.iter().map(|event| event.action().as_str()).collect();
        assert_eq!(lost, ["c", "a", "f"]);
        let taken = queue.take(2);
        assert_eq!(names(&taken), ["b", "d"]);
        queue.put_back(taken);
        assert_eq!(names(&queue.take(9)), ["b", "d", "e"]);
    }
}
