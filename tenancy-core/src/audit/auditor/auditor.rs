use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::drain::Drain;
use super::options::AuditorOptions;
use super::pending::Pending;
use crate::audit::{
    AuditAction, AuditEvent, AuditImportance, AuditParty, AuditResource, AuditSink, unwind,
};
use crate::{Error, ErrorKind, TenantContext, TenantId};

/// Brings audit events to a sink. Cheap to clone; clones share the queue.
///
/// There are two ways to it. [`tell`](Self::tell) never waits: the event is queued, and a task
/// brings it to the sink, in order, trying again while the sink is away. The queue is bounded;
/// when it is full the least important events are lost, counted in the metric
/// `tenancy_audit_dropped_total`, and said to be lost by an event of their own.
/// [`record`](Self::record) returns when the sink has the event: for what must not happen unseen.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::audit::{
///     AuditAction, AuditLog, AuditParty, AuditQuery, AuditResource, Auditor, MemoryAuditLog,
/// };
/// # use tenancy_core::{PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// # let plan = PlanCatalogue::example().plan("starter")?;
/// # let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
/// # let context = TenantContext::for_program(Arc::new(tenant));
/// const RENAMED: AuditAction = AuditAction::from_static("students.rename");
///
/// let log = MemoryAuditLog::new();
/// let auditor = Auditor::new(log.clone());
///
/// // Before the file is shown:
/// let file = AuditResource::new("student_file", "17");
/// auditor.read(&context, file, AuditParty::user("student_17")).await?;
///
/// auditor.tell(auditor.event(&context, RENAMED).with_change("name", Some("Ada"), Some("Eda")));
/// auditor.flush().await;
/// assert_eq!(log.find(context.tenant_id(), &AuditQuery::new()).await?.len(), 2);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Auditor(Arc<Inner>);

pub(super) struct Inner {
    sink: Arc<dyn AuditSink>,
    options: AuditorOptions,
    pending: Mutex<Pending>,
    /// Wakes the task.
    pub(super) told: Notify,
    /// Says that the task has settled something.
    pub(super) settled: watch::Sender<()>,
}

impl Auditor {
    /// Makes an auditor with the usual options. It starts no task before there is an event.
    pub fn new(sink: impl AuditSink) -> Self {
        Self::options().build(sink)
    }

    /// Starts with the usual options.
    pub fn options() -> AuditorOptions {
        AuditorOptions::default()
    }

    pub(super) fn of(options: AuditorOptions, sink: Arc<dyn AuditSink>) -> Self {
        let pending = Mutex::new(Pending::new(&options));
        let settled = watch::Sender::new(());
        Self(Arc::new(Inner { sink, options, pending, told: Notify::new(), settled }))
    }

    /// Starts an event of a context, now.
    pub fn event(&self, context: &TenantContext, action: AuditAction) -> AuditEvent {
        AuditEvent::in_context(context, action, self.0.now())
    }

    /// Starts an event of a tenant, or of [`TenantId::PLATFORM`], now.
    pub fn event_of(&self, tenant: TenantId, action: AuditAction) -> AuditEvent {
        AuditEvent::new(tenant, action, self.0.now())
    }

    /// Tells an event, without waiting.
    ///
    /// Outside of a tokio runtime it waits in the queue for the next event that is told inside.
    pub fn tell(&self, event: AuditEvent) {
        self.tell_as(AuditImportance::Normal, event);
    }

    /// Tells an event whose importance is not the usual one.
    pub fn tell_as(&self, importance: AuditImportance, event: AuditEvent) {
        self.queue(|pending| pending.push(event, importance));
    }

    /// Tells an event that anybody can cause as often as they like.
    ///
    /// Events are alike when tenant, action and `same` are. The first is told at once; the others
    /// become one, which says how many [`times`](AuditEvent::times), when the window closes that
    /// the first one opened. There are only so many windows at once: past them, events are alike
    /// whatever `same` says.
    pub fn tell_alike(&self, importance: AuditImportance, same: &str, event: AuditEvent) {
        self.queue(|pending| pending.push_alike(event, importance, same, Instant::now()));
    }

    /// Records an event, and returns when the sink has it.
    ///
    /// It does not go through the queue: events that were told before may come after it.
    ///
    /// # Errors
    ///
    /// What the sink says; [`ErrorKind::Unavailable`] when that takes too long,
    /// [`ErrorKind::Internal`] when it panics. Do not do what was to be recorded then. The event
    /// may be in all the same.
    ///
    /// # Cancel safety
    ///
    /// When dropped, the event may be in or not.
    pub async fn record(&self, event: AuditEvent) -> Result<(), Error> {
        self.0.record(std::slice::from_ref(&event)).await
    }

    /// Records that sensitive data is about to be read, as [`AuditAction::DATA_READ`].
    ///
    /// Whose it is makes "who looked at another user's data" one query:
    /// [`AuditQuery::by_others`](crate::audit::AuditQuery::by_others).
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record): do not show the data then.
    ///
    /// # Cancel safety
    ///
    /// As [`record`](Self::record).
    pub async fn read(
        &self,
        context: &TenantContext,
        resource: AuditResource,
        owner: impl Into<AuditParty>,
    ) -> Result<(), Error> {
        let event = self.event(context, AuditAction::DATA_READ);
        self.record(event.with_resource(resource).with_owner(owner)).await
    }

    /// Waits until the sink has everything that was told before, open windows included.
    ///
    /// While the sink is away it waits on: give it a time-out when a program ends.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn flush(&self) {
        let mut settled = self.0.settled.subscribe();
        let mut end = 0;
        self.queue(|pending| {
            pending.close_all();
            end = pending.end();
        });
        while !self.0.lock().is_settled_before(end) {
            // The sender lives as long as we do.
            if settled.changed().await.is_err() {
                return;
            }
        }
    }

    /// Changes what is pending, and sees to it that a task drains it.
    fn queue(&self, change: impl FnOnce(&mut Pending)) {
        let mut pending = self.0.lock();
        change(&mut pending);
        if pending.is_drained {
            drop(pending);
            self.0.told.notify_one();
        } else if pending.has_work()
            && let Ok(runtime) = Handle::try_current()
        {
            pending.is_drained = true;
            drop(pending);
            runtime.spawn(Drain::new(self.0.clone()).run());
        }
    }
}

impl Inner {
    pub(super) fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.options.clock.now()
    }

    pub(super) async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
        let recording = unwind::record(self.sink.as_ref(), events);
        timeout(self.options.patience, recording).await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "record audit events: the sink does not answer"))
        })
    }
}

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auditor").finish_non_exhaustive()
    }
}
