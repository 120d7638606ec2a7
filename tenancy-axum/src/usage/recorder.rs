use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenancy_core::usage::{Meter, UsageMeter};
use tenancy_core::{Carrier, TenantContext, TenantId};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Records what requests used: one task a tenant at a time, which adds up what ends meanwhile.
///
/// So a busy tenant costs one recording for many requests, a quiet one is recorded at once, and
/// none waits for another's.
#[derive(Clone)]
pub(super) struct Recorder {
    shared: Arc<Shared>,
    pub(super) longest: Duration,
}

/// Behind one pointer: each request clones it several times.
struct Shared {
    meter: Arc<dyn UsageMeter>,
    pending: Mutex<HashMap<TenantId, Counts>>,
    /// Each task holds a receiver: none is left when all are done.
    running: watch::Sender<()>,
}

/// What a tenant has used that nobody records yet. It is in the map while a task runs for it.
#[derive(Clone, Copy, Default)]
struct Counts {
    calls: u64,
    bytes: u64,
}

/// The task of a tenant. It takes the tenant out of the map in whatever way it ends, such as with
/// the runtime.
struct Running {
    tenant: TenantId,
    recorder: Recorder,
    /// What is being recorded; `None` when all is done.
    recording: Option<Counts>,
    _receiver: watch::Receiver<()>,
}

impl Recorder {
    pub(super) fn new(meter: Arc<dyn UsageMeter>) -> Self {
        let shared = Shared { meter, pending: Mutex::default(), running: watch::Sender::new(()) };
        Self { shared: Arc::new(shared), longest: Duration::from_secs(5) }
    }

    /// Waits until nothing is being recorded.
    pub(super) async fn idle(&self) {
        self.shared.running.closed().await;
    }

    /// Records one call and its bytes, later.
    pub(super) fn record(&self, context: TenantContext, span: tracing::Span, bytes: u64) {
        let Ok(runtime) = Handle::try_current() else {
            let _entered = span.entered();
            tracing::error!(usage.bytes = bytes, "usage is lost: the runtime has ended");
            return;
        };
        let tenant = context.tenant_id();
        match self.lock().entry(tenant) {
            Entry::Occupied(mut running) => return running.get_mut().add(bytes),
            Entry::Vacant(idle) => idle.insert(Counts::default()).add(bytes),
        }
        let receiver = self.shared.running.subscribe();
        let recording = Some(Counts::default());
        let running = Running { tenant, recorder: self.clone(), recording, _receiver: receiver };
        runtime.spawn(Carrier::new(Some(context), span).carry(running.record_all()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Counts>> {
        self.shared.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is pending; when there is nothing, the tenant leaves the map.
    fn take(&self, tenant: TenantId) -> Option<Counts> {
        let mut pending = self.lock();
        let counts = mem::take(pending.get_mut(&tenant)?);
        if counts.calls == 0 {
            pending.remove(&tenant);
            return None;
        }
        Some(counts)
    }

    async fn count(&self, tenant: TenantId, counts: Counts) {
        let Counts { calls, bytes } = counts;
        let both = [(Meter::API_CALLS, calls), (Meter::BANDWIDTH_BYTES, bytes)];
        // Requests without bodies have no bandwidth to speak of.
        let both = if bytes == 0 { &both[..1] } else { &both[..] };
        match tokio::time::timeout(self.longest, self.shared.meter.record(tenant, both)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => counts.lost(&error),
            Err(_) => counts.lost(&"the meter did not answer"),
        }
    }
}

impl Running {
    async fn record_all(mut self) {
        loop {
            self.recording = self.recorder.take(self.tenant);
            let Some(counts) = self.recording else { return };
            self.recorder.count(self.tenant, counts).await;
            self.recording = Some(Counts::default());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The runtime has ended, or the meter has panicked.
        let Some(recording) = self.recording else { return };
        let pending = self.recorder.lock().remove(&self.tenant).unwrap_or_default();
        for counts in [recording, pending].into_iter().filter(|counts| counts.calls > 0) {
            counts.lost(&"the recording was ended");
        }
    }
}

impl Counts {
    const fn add(&mut self, bytes: u64) {
        self.calls += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn lost(self, error: &dyn fmt::Display) {
        tracing::error!(%error, usage.calls = self.calls, usage.bytes = self.bytes, "usage is lost");
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
