use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::Serialize;
use tenancy_core::{Clock, EnvelopeKeys, Error, ErrorKind, TenantContext, TenantId};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::rota::Rota;
use super::{Job, JobId, JobState};

/// Takes jobs down. Clones are the same queue.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    keys: EnvelopeKeys,
    clock: Arc<dyn Clock>,
    rota: Mutex<Rota>,
    wake: Notify,
}

/// A job to be enqueued.
#[derive(Debug, Clone, Copy)]
pub struct NewJob<'a, P> {
    /// Names the handler.
    pub kind: &'a str,
    /// What the handler needs to know.
    pub payload: &'a P,
    /// When it is due.
    pub run_at: OffsetDateTime,
    /// Of a tenant's jobs that are due, those with a higher one go first.
    pub priority: i64,
}

/// How long a job may wait: what it is allowed to do is asked when it runs.
const LIFE: Duration = EnvelopeKeys::MAX_TTL;

/// How many jobs of a tenant a process does at once.
const AT_ONCE: u32 = 4;

impl Jobs {
    /// Makes a queue whose jobs carry envelopes of these keys.
    pub fn new(keys: EnvelopeKeys, clock: Arc<dyn Clock>) -> Self {
        let keys = keys.clock(clock.clone());
        let rota = Mutex::new(Rota::new(AT_ONCE));
        Self(Arc::new(Inner { keys, clock, rota, wake: Notify::new() }))
    }

    /// Enqueues a job, in the transaction of whatever asks for it. Workers of this process are woken
    /// when that is in; others look once a minute.
    ///
    /// It runs in the given context: as its tenant and its actor.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignTenant`] when the context is another tenant's than the transaction's;
    /// [`ErrorKind::Invalid`] for a payload that is no JSON; and the database's.
    pub async fn enqueue<P: Serialize + Sync>(
        &self,
        tx: &mut TenantTx,
        context: &TenantContext,
        new: NewJob<'_, P>,
    ) -> Result<JobId, Error> {
        let tenant_id = tx.tenant();
        if context.tenant_id() != tenant_id {
            let message = "enqueue a job: its context is another tenant's";
            return Err(Error::new(ErrorKind::ForeignTenant, message));
        }
        let payload = serde_json::to_string(new.payload).map_err(|source| {
            Error::invalid("payload", "write a job's payload").with_source(source)
        })?;
        let id = JobId::generate();
        let sealed = sealed_payload(id, &payload);
        let envelope = self.0.keys.seal(context, new.kind, sealed.as_bytes(), LIFE)?;
        let job = Job {
            id,
            tenant_id,
            kind: new.kind.to_owned(),
            payload,
            envelope: envelope.as_str().to_owned(),
            priority: new.priority,
            run_at: new.run_at,
            attempts: 0,
            leased_until: None,
            state: JobState::Waiting,
            last_error: None,
            created_at: self.now(),
            version: 1,
        };
        tx.repo::<Job>().insert(job).await?;
        let (jobs, at) = (self.clone(), new.run_at);
        tx.after_commit(move || jobs.note(tenant_id, at));
        Ok(id)
    }

    /// Says that a tenant may have jobs that are due at a time.
    pub fn note(&self, tenant: TenantId, at: OffsetDateTime) {
        self.rota().note(tenant, at);
        self.0.wake.notify_one();
    }

    /// Returns the time.
    pub fn now(&self) -> OffsetDateTime {
        self.0.clock.now()
    }

    pub(super) fn keys(&self) -> &EnvelopeKeys {
        &self.0.keys
    }

    pub(super) fn rota(&self) -> MutexGuard<'_, Rota> {
        self.0.rota.lock().expect("no code panics while it holds this lock")
    }

    pub(super) async fn woken(&self) {
        self.0.wake.notified().await;
    }

    pub(super) fn wake(&self) {
        self.0.wake.notify_one();
    }
}

/// What an envelope vouches for: this job and no other, as it was enqueued.
pub(super) fn sealed_payload(id: JobId, payload: &str) -> String {
    format!("{id} {payload}")
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").finish_non_exhaustive()
    }
}
