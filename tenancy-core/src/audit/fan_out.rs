use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;

use super::{AuditEvent, AuditSink, unwind};
use crate::Error;

/// Several sinks as one: each gets every event, all of them at the same time.
///
/// It fails when one of them does; the others have the events then. Tried again, they are offered
/// the events again, which sinks that know an event's id do not take twice.
///
/// ```
/// use tenancy_core::audit::{AuditFanOut, Auditor, MemoryAuditLog, TracingAuditSink};
///
/// let log = MemoryAuditLog::new();
/// let auditor = Auditor::new(AuditFanOut::new().with(log.clone()).with(TracingAuditSink));
/// ```
#[derive(Clone, Default)]
pub struct AuditFanOut(Vec<Arc<dyn AuditSink>>);

impl AuditFanOut {
    /// Starts without a sink: every event is lost.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a sink.
    pub fn with(mut self, sink: impl AuditSink) -> Self {
        self.0.push(Arc::new(sink));
        self
    }
}

#[async_trait]
impl AuditSink for AuditFanOut {
    async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
        let recording = self.0.iter().map(|sink| unwind::record(sink.as_ref(), events));
        let mut recording: Vec<_> = recording.map(|one| Some(Box::pin(one))).collect();
        let mut outcome = Ok(());
        // Side by side: one that hangs keeps nothing from the others.
        poll_fn(|cx| {
            for slot in &mut recording {
                let Some(one) = slot else { continue };
                if let Poll::Ready(result) = Pin::new(one).poll(cx) {
                    *slot = None;
                    outcome = worse(std::mem::replace(&mut outcome, Ok(())), result);
                }
            }
            if recording.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        outcome
    }
}

/// A transient failure is worth trying again, so it is the one to report.
fn worse(before: Result<(), Error>, now: Result<(), Error>) -> Result<(), Error> {
    match (before, now) {
        (Err(before), Err(now)) => Err(if before.is_transient() { before } else { now }),
        (Err(error), Ok(())) | (Ok(()), Err(error)) => Err(error),
        (Ok(()), Ok(())) => Ok(()),
    }
}

impl fmt::Debug for AuditFanOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditFanOut").field("sinks", &self.0.len()).finish()
    }
}
