use std::sync::Arc;
use std::time::Duration;

use super::Auditor;
use crate::audit::AuditSink;
use crate::{Clock, SystemClock};

/// How an [`Auditor`] works: made by [`Auditor::options`].
#[derive(Debug, Clone)]
pub struct AuditorOptions {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: usize,
    pub(super) patience: Duration,
    pub(super) window: Duration,
}

impl Default for AuditorOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            // Some ten megabytes at most, and some minutes of a busy service without its sink.
            queue: 10_000,
            // As long as a transaction may wait for its connection.
            patience: Duration::from_secs(5),
            window: Duration::from_mins(1),
        }
    }
}

impl AuditorOptions {
    /// Takes the time of events from another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how many events may wait for the sink; 10,000 unless set.
    pub fn queue(mut self, events: usize) -> Self {
        self.queue = events.max(1);
        self
    }

    /// Sets how long the sink may take at a time; 5 seconds unless set.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets for how long events alike become one; a minute unless set.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Makes the auditor.
    pub fn build(self, sink: impl AuditSink) -> Auditor {
        Auditor::of(self, Arc::new(sink))
    }
}
