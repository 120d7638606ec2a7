use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
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

    /// Records one call and its bytes: at once where the meter can, else later.
    pub(super) fn record(&self, mut carrier: Carrier, bytes: u64) {
        let call = Counts { calls: 1, bytes };
        let Some(tenant) = carrier.context().map(TenantContext::tenant_id) else { return };
        // A second panic while one unwinds would end the program.
        if !thread::panicking() && carrier.enter(|| self.try_record(tenant, call)) {
            return;
        }
        self.record_later(tenant, carrier, call);
    }

    /// Tells whether the meter could record without waiting.
    fn try_record(&self, tenant: TenantId, call: Counts) -> bool {
        let both = call.by_meter();
        let (meter, both) = (&self.shared.meter, without_nothing(&both));
        match catch_unwind(AssertUnwindSafe(|| meter.try_record(tenant, both))) {
            Ok(None) => return false,
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(error))) => call.lost(&error),
            Err(_) => call.lost(&"the meter has panicked"),
        }
        true
    }

    fn record_later(&self, tenant: TenantId, carrier: Carrier, call: Counts) {
        let Ok(runtime) = Handle::try_current() else {
            return carrier.run(|| call.lost(&"the runtime has ended"));
        };
        match self.lock().entry(tenant) {
            Entry::Occupied(mut running) => return running.get_mut().add(call),
            Entry::Vacant(idle) => idle.insert(Counts::default()).add(call),
        }
        let receiver = self.shared.running.subscribe();
        let recording = Some(Counts::default());
        let running = Running { tenant, recorder: self.clone(), recording, _receiver: receiver };
        runtime.spawn(carrier.carry(running.record_all()));
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
        let both = counts.by_meter();
        let record = self.shared.meter.record(tenant, without_nothing(&both));
        match tokio::time::timeout(self.longest, record).await {
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
    const fn add(&mut self, more: Self) {
        self.calls = self.calls.saturating_add(more.calls);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }

    const fn by_meter(self) -> [(Meter, u64); 2] {
        [(Meter::API_CALLS, self.calls), (Meter::BANDWIDTH_BYTES, self.bytes)]
    }

    fn lost(self, error: &dyn fmt::Display) {
        tracing::error!(%error, usage.calls = self.calls, usage.bytes = self.bytes, "usage is lost");
    }
}

/// Requests without bodies have no bandwidth to speak of.
fn without_nothing(both: &[(Meter, u64); 2]) -> &[(Meter, u64)] {
    if both[1].1 == 0 { &both[..1] } else { both }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
