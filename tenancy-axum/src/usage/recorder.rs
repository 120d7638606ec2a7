use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tenancy_core::TenantContext;
use tenancy_core::usage::{Meter, UsageMeter};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tracing::Instrument as _;

/// Records what requests used, in tasks of their own.
#[derive(Clone)]
pub(super) struct Recorder {
    meter: Arc<dyn UsageMeter>,
    pub(super) longest: Duration,
    /// Each recording holds a receiver: none is left when all are done.
    running: watch::Sender<()>,
}

impl Recorder {
    pub(super) fn new(meter: Arc<dyn UsageMeter>) -> Self {
        Self { meter, longest: Duration::from_secs(5), running: watch::Sender::new(()) }
    }

    /// Waits until nothing is being recorded.
    pub(super) async fn idle(&self) {
        self.running.closed().await;
    }

    /// Records one call and its bytes, later.
    pub(super) fn record(&self, context: TenantContext, span: tracing::Span, bytes: u64) {
        let Ok(runtime) = Handle::try_current() else {
            let _entered = span.entered();
            tracing::error!(usage.bytes = bytes, "usage is lost: the runtime has ended");
            return;
        };
        let (meter, longest) = (self.meter.clone(), self.longest);
        let running = self.running.subscribe();
        let recording = async move {
            count(meter.as_ref(), bytes, longest).await;
            drop(running);
        };
        runtime.spawn(context.scope(recording).instrument(span));
    }
}

async fn count(meter: &dyn UsageMeter, bytes: u64, longest: Duration) {
    let Some(context) = TenantContext::try_current() else { return };
    let counts = [(Meter::API_CALLS, 1), (Meter::BANDWIDTH_BYTES, bytes)];
    // A request without bodies has no bandwidth to speak of.
    let counts = if bytes == 0 { &counts[..1] } else { &counts[..] };
    let recording = meter.record(context.tenant_id(), counts);
    match tokio::time::timeout(longest, recording).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, usage.bytes = bytes, "usage is lost"),
        Err(_) => tracing::error!(usage.bytes = bytes, "usage is lost: the meter did not answer"),
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
