use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::SharedString;
use tenancy_core::{Error, ErrorKind, TenantContext};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::bounds::Bounds;
use super::party::Party;
use super::place::Place;
use super::scheduler::{Arrival, Scheduler};
use super::slot::Slot;
use crate::metrics::TenantLabels;

/// Where requests wait for a slot of this process.
pub(super) struct Gate {
    scheduler: Mutex<Scheduler<Party, oneshot::Sender<Slot>>>,
    opened: Instant,
    patience: Duration,
    labels: TenantLabels,
}

impl Gate {
    pub(super) fn new(bounds: Bounds, patience: Duration, labels: TenantLabels) -> Self {
        let scheduler = Mutex::new(Scheduler::new(bounds));
        Self { scheduler, opened: Instant::now(), patience, labels }
    }

    /// Waits for a slot.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Overloaded`] when there is no room to wait, or no slot in time.
    ///
    /// # Cancel safety
    ///
    /// Who goes away leaves the queue. A slot that was given at the same moment goes to the next.
    pub(super) async fn enter(
        self: &Arc<Self>,
        context: Option<&TenantContext>,
    ) -> Result<Slot, Error> {
        let (party, weight) = Party::of(context);
        let mut receiver = None;
        let (arrival, now) = {
            let (mut scheduler, now) = self.lock();
            let arrival = scheduler.arrive(party, weight, now, || {
                let (sender, given) = oneshot::channel();
                receiver = Some(given);
                sender
            });
            (arrival, now)
        };
        match (arrival, receiver) {
            (Arrival::Admitted, _) => Ok(Slot::new(self.clone(), party, now)),
            (Arrival::Waits { ticket, pushed_out }, Some(given)) => {
                // It wakes up who had to make room.
                drop(pushed_out);
                self.wait(Place::new(self.clone(), party, ticket, given)).await
            }
            (Arrival::Waits { .. } | Arrival::Refused, _) => {
                Err(refused(self.label(party), Refusal::Full))
            }
        }
    }

    async fn wait(&self, mut place: Place) -> Result<Slot, Error> {
        let refusal = match timeout(self.patience, place.given()).await {
            Ok(Ok(slot)) => {
                place.is_served();
                return Ok(slot);
            }
            Ok(Err(_)) => Refusal::PushedOut,
            Err(_) => Refusal::TimedOut,
        };
        Err(refused(place.label(), refusal))
    }

    /// Lends the scheduler, with the time that it is.
    pub(super) fn lock(
        &self,
    ) -> (MutexGuard<'_, Scheduler<Party, oneshot::Sender<Slot>>>, Duration) {
        let scheduler = self.scheduler.lock().unwrap_or_else(PoisonError::into_inner);
        (scheduler, self.opened.elapsed())
    }

    pub(super) fn label(&self, party: Party) -> SharedString {
        self.labels.of(party.tenant_id())
    }

    /// Returns when to try again: all that wait now are served by then.
    pub(super) fn retry_after(&self) -> Duration {
        self.lock().0.drained_in().clamp(Duration::from_secs(1), Duration::from_mins(1))
    }
}

#[derive(Clone, Copy)]
enum Refusal {
    Full,
    PushedOut,
    TimedOut,
}

fn refused(label: SharedString, refusal: Refusal) -> Error {
    let (reason, message) = match refusal {
        Refusal::Full => ("full", "wait for a slot: too many requests wait already"),
        Refusal::PushedOut => ("pushed_out", "wait for a slot: the longest queue made room"),
        Refusal::TimedOut => ("timed_out", "wait for a slot: none was free in time"),
    };
    metrics::counter!("tenancy_fair_share_refused_total", "tenant" => label, "reason" => reason)
        .increment(1);
    Error::new(ErrorKind::Overloaded, message)
}
