//! The task that brings events to the sink. It runs while there are any.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::auditor::Inner;
use super::pending::Next;
use super::queue::Queued;
use crate::Error;
use crate::audit::AuditEvent;

/// The task. In whatever way it ends, such as with its runtime, what it had is not lost.
pub(super) struct Drain {
    inner: Arc<Inner>,
    batch: Vec<Queued>,
    has_ended: bool,
}

/// The first pause before a sink is tried again; it doubles.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often an event is offered that the sink refuses for good.
const OFFERS: u32 = 3;

impl Drain {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self { inner, batch: Vec::new(), has_ended: false }
    }

    pub(super) async fn run(mut self) {
        loop {
            let next = self.inner.lock().next(Instant::now(), self.inner.now());
            match next {
                Next::Record(batch) => {
                    self.batch = batch;
                    self.record_batch().await;
                }
                Next::Confess(events) => self.record_each(&events).await,
                Next::WaitUntil(close) => {
                    tokio::select! {
                        () = self.inner.told.notified() => {}
                        () = sleep_until(close) => {}
                    }
                    continue;
                }
                Next::End => {
                    self.has_ended = true;
                    self.inner.settled.send_replace(());
                    return;
                }
            }
            self.batch.clear();
            self.inner.lock().settled();
            self.inner.settled.send_replace(());
        }
    }

    /// Tries the whole batch, for as long as that may help; then event by event.
    async fn record_batch(&mut self) {
        let events: Vec<_> = self.batch.iter().map(|queued| queued.event.clone()).collect();
        if let Err(error) = self.record_patiently(&events).await {
            tracing::warn!(%error, audit.events = events.len(), "a sink refuses audit events");
            self.record_each(&events).await;
        }
    }

    async fn record_each(&self, events: &[AuditEvent]) {
        for event in events {
            let mut offers = 0;
            while let Err(error) = self.record_patiently(std::slice::from_ref(event)).await {
                offers += 1;
                if offers == OFFERS {
                    self.give_up(event, &error);
                    break;
                }
                sleep(PAUSE).await;
            }
        }
    }

    /// Tries again until the sink has the events, or refuses them for good.
    async fn record_patiently(&self, events: &[AuditEvent]) -> Result<(), Error> {
        let mut pause = PAUSE;
        loop {
            match self.inner.record(events).await {
                Err(error) if error.is_transient() => {
                    tracing::warn!(%error, "audit events wait: the sink is not available");
                }
                settled => return settled,
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn give_up(&self, event: &AuditEvent, error: &Error) {
        tracing::error!(
            %error,
            tenant.id = %event.tenant(),
            audit.id = %event.id(),
            audit.action = event.action().as_str(),
            "an audit event is lost: the sink refuses it",
        );
        // That events were lost cannot be said either: saying it again would not end.
        if *event.action() == crate::audit::AuditAction::EVENTS_LOST {
            metrics::counter!("tenancy_audit_dropped_total").increment(1);
        } else {
            self.inner.lock().lose(event);
        }
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        if !self.has_ended {
            self.inner.lock().put_back(std::mem::take(&mut self.batch));
        }
    }
}
