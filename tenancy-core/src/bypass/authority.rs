use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::bypass::Grant;
use super::reason::Reason;
use super::{Bypass, BypassPurpose};
use crate::audit::{
    AuditAction, AuditEvent, AuditImportance, AuditOutcome, AuditParty, AuditResource, Auditor,
    is_action,
};
use crate::{Actor, Clock, Error, ErrorKind, SystemClock, TenantId};

/// Grants bypasses, and records each before it gives it.
///
/// It does not decide who may have one: that is the program's part, or that of a
/// [`BypassJudge`](super::BypassJudge).
#[derive(Debug, Clone)]
pub struct BypassAuthority {
    recorder: Recorder,
    longest: Duration,
}

/// The longest time a bypass lasts, whatever an authority is told.
const LONGEST: Duration = Duration::from_hours(1);

impl BypassAuthority {
    /// Records with this auditor. A bypass lasts an hour at most.
    pub fn new(auditor: Auditor) -> Self {
        Self { recorder: Recorder { auditor, clock: Arc::new(SystemClock) }, longest: LONGEST }
    }

    /// Takes time from another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.recorder.clock = clock;
        self
    }

    /// Sets the longest time a bypass lasts; never more than an hour.
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest.min(LONGEST);
        self
    }

    /// Grants a bypass to somebody, for so long, once that is recorded in the platform's log.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a reason that is no line of 10 letters or digits to 500 bytes,
    /// and for a time of zero or above the [longest](Self::longest);
    /// [`ErrorKind::Unavailable`] or [`ErrorKind::Internal`] when it cannot be recorded.
    ///
    /// # Cancel safety
    ///
    /// When dropped, nobody has the bypass; the grant may have been recorded.
    pub async fn grant<P: BypassPurpose>(
        &self,
        actor: Actor,
        reason: &str,
        lasts: Duration,
    ) -> Result<Bypass<P>, Error> {
        self.grant_in(actor, reason, lasts, |event| event).await
    }

    /// Grants a bypass; `complete` adds what is known of the request.
    pub(super) async fn grant_in<P: BypassPurpose>(
        &self,
        actor: Actor,
        reason: &str,
        lasts: Duration,
        complete: impl FnOnce(AuditEvent) -> AuditEvent,
    ) -> Result<Bypass<P>, Error> {
        const { assert!(is_action(P::NAME), "a purpose's name is 1 to 64 of a-z, 0-9, _ and .") };
        let reason = Reason::parse(reason)?;
        if lasts.is_zero() || lasts > self.longest {
            return Err(Error::invalid(
                "lasts",
                "grant a bypass: it lasts too long, or not at all",
            ));
        }
        let (id, granted_at, started) = (Uuid::now_v7(), self.recorder.now(), Instant::now());
        let event = self
            .recorder
            .event(TenantId::PLATFORM, AuditAction::BYPASS_GRANTED, P::NAME, &actor)
            .with_resource(AuditResource::new("bypass", &id.to_string()))
            .with_detail("reason", reason.as_str())
            .with_detail("lasts_seconds", &lasts.as_secs().to_string());
        let doing = "grant a bypass: it cannot be recorded";
        self.recorder.record(complete(event), doing).await?;
        let recorder = self.recorder.clone();
        let grant = Grant { id, actor, reason, granted_at, lasts, started, recorder };
        Ok(Bypass { grant, purpose: PhantomData })
    }

    /// Tells that somebody did not get a bypass. Anybody can cause that: events alike are one.
    pub(super) fn refused(&self, purpose: &'static str, actor: Option<&Actor>, event: AuditEvent) {
        let event = event.with_outcome(AuditOutcome::Denied).with_detail("purpose", purpose);
        let address = event.client_addr().map_or_else(String::new, |address| address.to_string());
        let event = match actor {
            Some(actor) => of_actor(event, actor),
            None => event,
        };
        let actor = event.actor().map_or_else(String::new, AuditParty::to_string);
        let same = format!("{purpose} {address} {actor}");
        self.recorder.auditor.tell_alike(AuditImportance::Normal, &same, event);
    }

    pub(super) const fn longest_time(&self) -> Duration {
        self.longest
    }

    /// Starts the event of a request that asks for a bypass.
    pub(super) fn event(&self, action: AuditAction) -> AuditEvent {
        AuditEvent::new(TenantId::PLATFORM, action, self.recorder.now())
    }
}

/// What an authority and its bypasses record with.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    auditor: Auditor,
    clock: Arc<dyn Clock>,
}

impl Recorder {
    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(super) const fn auditor(&self) -> &Auditor {
        &self.auditor
    }

    /// Starts an event of a bypass.
    pub(super) fn event(
        &self,
        tenant: TenantId,
        action: AuditAction,
        purpose: &'static str,
        actor: &Actor,
    ) -> AuditEvent {
        let event = AuditEvent::new(tenant, action, self.now());
        of_actor(event, actor).with_detail("purpose", purpose)
    }

    pub(super) async fn record(&self, event: AuditEvent, doing: &'static str) -> Result<(), Error> {
        self.auditor.record(event).await.map_err(|source| {
            let is_transient = source.is_transient();
            let kind = if is_transient { ErrorKind::Unavailable } else { ErrorKind::Internal };
            Error::new(kind, doing).with_source(source)
        })
    }
}

fn of_actor(event: AuditEvent, actor: &Actor) -> AuditEvent {
    let event = event.with_actor(actor);
    match actor.acts_for() {
        Some(principal) => event.with_on_behalf_of(principal),
        None => event,
    }
}
