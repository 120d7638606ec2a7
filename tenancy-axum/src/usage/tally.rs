use std::sync::atomic::{AtomicU64, Ordering};

use tenancy_core::TenantContext;

use super::recorder::Recorder;

/// What one request has used so far.
///
/// The request's body, the response's body and the service's future share it. When the last of
/// them is gone, by whatever way, it is recorded.
pub(super) struct Tally {
    context: TenantContext,
    span: tracing::Span,
    bytes: AtomicU64,
    recorder: Recorder,
}

impl Tally {
    pub(super) fn new(context: TenantContext, recorder: Recorder) -> Self {
        Self { context, span: tracing::Span::current(), bytes: AtomicU64::new(0), recorder }
    }

    pub(super) fn add(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut();
        self.recorder.record(self.context.clone(), self.span.clone(), bytes);
    }
}
