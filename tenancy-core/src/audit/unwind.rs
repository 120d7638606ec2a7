//! Sinks are other people's code: one that panics must not take an auditor along.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use super::{AuditEvent, AuditSink};
use crate::{Error, ErrorKind};

/// Hands events to a sink; a panic is an [`ErrorKind::Internal`] error.
pub(super) async fn record(sink: &dyn AuditSink, events: &[AuditEvent]) -> Result<(), Error> {
    let panicked = |_| Error::new(ErrorKind::Internal, "record audit events: the sink panicked");
    // What the sink was doing is lost with its future; the events are not changed.
    let mut recording: Pin<Box<dyn Future<Output = _> + Send + '_>> =
        catch_unwind(AssertUnwindSafe(|| sink.record(events))).map_err(panicked)?;
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| recording.as_mut().poll(cx)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
    })
    .await
}
