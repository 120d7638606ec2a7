use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenancy_core::{Carrier, TenantContext};

use super::recorder::Recorder;

/// What one request has used so far.
///
/// The request's body, the response's body and the service's future share it. When the last of
/// them is gone, by whatever way, it is recorded.
pub(super) struct Tally {
    /// Taken when it is dropped.
    carrier: Option<Carrier>,
    bytes: AtomicU64,
    recorder: Recorder,
}

/// A tally, by one of those who add to it.
pub(super) enum TallyShare {
    /// Nobody else does: most requests have no body.
    Alone(Tally),
    Common(Arc<Tally>),
}

impl TallyShare {
    pub(super) fn add(&self, bytes: usize) {
        match self {
            Self::Alone(tally) => tally.add(bytes),
            Self::Common(tally) => tally.add(bytes),
        }
    }
}

impl Tally {
    pub(super) fn new(context: TenantContext, recorder: Recorder) -> Self {
        let carrier = Some(Carrier::new(Some(context), tracing::Span::current()));
        Self { carrier, bytes: AtomicU64::new(0), recorder }
    }

    fn add(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut();
        if let Some(carrier) = self.carrier.take() {
            self.recorder.record(carrier, bytes);
        }
    }
}
