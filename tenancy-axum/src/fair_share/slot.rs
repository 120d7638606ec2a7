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
