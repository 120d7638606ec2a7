use std::sync::Arc;

use metrics::SharedString;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::gate::Gate;
use super::party::Party;
use super::share::Ticket;
use super::slot::Slot;

/// A place in a queue. Who drops it leaves.
pub(super) struct Place {
    gate: Arc<Gate>,
    party: Party,
    ticket: Ticket,
    since: Instant,
    label: SharedString,
    /// Dropped after the queue is left, together with a slot that was given meanwhile.
    given: oneshot::Receiver<Slot>,
}

impl Place {
    pub(super) fn new(
        gate: Arc<Gate>,
        party: Party,
        ticket: Ticket,
        given: oneshot::Receiver<Slot>,
    ) -> Self {
        let label = gate.label(party);
        queued(&label).increment(1);
        Self { gate, party, ticket, since: Instant::now(), label, given }
    }

    /// Returns the slot, once it is given; an error when the place was taken away.
    pub(super) const fn given(&mut self) -> &mut oneshot::Receiver<Slot> {
        &mut self.given
    }

    pub(super) fn label(&self) -> SharedString {
        self.label.clone()
    }

    pub(super) fn is_served(&self) {
        metrics::histogram!("tenancy_fair_share_wait_seconds", "tenant" => self.label.clone())
            .record(self.since.elapsed().as_secs_f64());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.lock().0.leave(self.party, self.ticket);
        queued(&self.label).decrement(1);
    }
}

fn queued(label: &SharedString) -> metrics::Gauge {
    metrics::gauge!("tenancy_fair_share_queued", "tenant" => label.clone())
}
