use std::sync::Arc;
use std::time::Duration;

use super::gate::Gate;
use super::party::Party;

/// One of the requests that are served at once. Dropped, it goes to the next.
pub(super) struct Slot {
    /// `None` once it has ended.
    turn: Option<Turn>,
}

struct Turn {
    gate: Arc<Gate>,
    party: Party,
    since: Duration,
}

impl Slot {
    pub(super) fn new(gate: Arc<Gate>, party: Party, since: Duration) -> Self {
        Self { turn: Some(Turn { gate, party, since }) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut ended = self.turn.take();
        while let Some(turn) = ended.take() {
            ended = turn.end();
        }
    }
}

impl Turn {
    /// Ends this turn. Returns the next one when who was to have it has just gone away: in a
    /// loop, for thousands may go at once.
    fn end(self) -> Option<Self> {
        let (next, now) = {
            let (mut scheduler, now) = self.gate.lock();
            (scheduler.finish(self.party, self.since, now), now)
        };
        let (party, waiter) = next?;
        let slot = Slot::new(self.gate, party, now);
        waiter.send(slot).err().and_then(|mut slot| slot.turn.take())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;
    use std::time::Duration;

    use tenancy_core::TenantId;
    use tokio::sync::oneshot;

    use super::super::bounds::Bounds;
    use super::{Gate, Party};
    use crate::metrics::TenantLabels;

    /// They are chosen, and gone before the slot is sent to them: the next one gets it. With as
    /// many as these, a recursion would end the program.
    #[test]
    fn a_slot_finds_the_one_who_is_still_there() {
        const GONE: usize = 200_000;
        let bounds = Bounds {
            waiting: usize::MAX,
            waiting_each: usize::MAX,
            ..Bounds::new(NonZeroU32::MIN)
        };
        let gate = Arc::new(Gate::new(bounds, Duration::MAX, TenantLabels::new(0)));
        let [north, south] = [(); 2].map(|()| Party::Tenant(TenantId::generate()));
        let arrive = |party| {
            let (sender, receiver) = oneshot::channel();
            let (mut scheduler, now) = gate.lock();
            scheduler.arrive(party, NonZeroU32::MIN, now, || sender);
            (receiver, now)
        };
        let since = arrive(south).1;
        let first = super::Slot::new(gate.clone(), south, since);
        for _ in 0..GONE {
            drop(arrive(north));
        }
        let mut last = arrive(north).0;
        drop(first);
        let slot = last.try_recv().expect("the slot has come");
        assert!(arrive(south).0.try_recv().is_err(), "there is only one");
        drop(slot);
    }
}
