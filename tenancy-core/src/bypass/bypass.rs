use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::BypassPurpose;
use super::authority::Recorder;
use super::reason::Reason;
use crate::audit::{AuditAction, AuditOutcome, AuditResource};
use crate::{Actor, Error, ErrorKind, TenantId};

/// The capability to cross tenants, for one purpose and a while.
///
/// Only a [`BypassAuthority`](super::BypassAuthority) grants one. It is not `Clone`, so that
/// what was granted once is held once. Who got it and why was recorded before it was given, and
/// each use is recorded before it is admitted.
///
/// With the feature `axum` a handler takes one as an argument, see
/// [`BypassGate`](super::BypassGate).
///
/// ```
/// use std::time::Duration;
/// use tenancy_core::audit::{AuditLog, AuditQuery, Auditor, MemoryAuditLog};
/// use tenancy_core::{Actor, ActorKind, Bypass, BypassAuthority, BypassPurpose, Error, TenantId};
///
/// enum PlatformReports {}
///
/// impl BypassPurpose for PlatformReports {
///     const NAME: &'static str = "platform_reports";
/// }
///
/// async fn totals(bypass: &Bypass<PlatformReports>) -> Result<u64, Error> {
///     bypass.use_for("totals of all tenants").await?;
///     Ok(17)
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Error> {
/// let log = MemoryAuditLog::new();
/// let authority = BypassAuthority::new(Auditor::new(log.clone()));
/// let officer = Actor::new(ActorKind::User, "officer_1");
/// let reason = "the regulator's monthly report";
/// let bypass =
///     authority.grant::<PlatformReports>(officer, reason, Duration::from_mins(10)).await?;
/// totals(&bypass).await?;
///
/// let seen = log.find(TenantId::PLATFORM, &AuditQuery::new()).await?;
/// let seen: Vec<_> = seen.iter().map(|entry| entry.event().action().as_str()).collect();
/// assert_eq!(seen, ["bypass.granted", "bypass.used"]);
/// # Ok(()) }
/// ```
#[must_use = "a bypass that nobody uses was recorded for nothing"]
pub struct Bypass<P> {
    pub(super) grant: Grant,
    pub(super) purpose: PhantomData<fn() -> P>,
}

/// What was granted.
pub(super) struct Grant {
    pub(super) id: Uuid,
    pub(super) actor: Actor,
    pub(super) reason: Reason,
    pub(super) granted_at: OffsetDateTime,
    pub(super) lasts: Duration,
    /// A clock that is set back makes no bypass last longer.
    pub(super) started: Instant,
    pub(super) recorder: Recorder,
}

impl<P: BypassPurpose> Bypass<P> {
    /// Admits one use, and records it in the platform's log: what is about to be done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`] when the bypass has expired, which is recorded too;
    /// [`ErrorKind::Unavailable`] or [`ErrorKind::Internal`] when the use cannot be recorded. Do
    /// nothing then.
    ///
    /// # Cancel safety
    ///
    /// When dropped, the use may have been recorded.
    pub async fn use_for(&self, what: &str) -> Result<(), Error> {
        self.admit(TenantId::PLATFORM, what).await
    }

    /// Admits one use that reaches a single tenant, and records it in that tenant's log, where
    /// its owner finds it.
    ///
    /// # Errors
    ///
    /// As [`use_for`](Self::use_for).
    ///
    /// # Cancel safety
    ///
    /// As [`use_for`](Self::use_for).
    pub async fn use_on(&self, tenant: TenantId, what: &str) -> Result<(), Error> {
        self.admit(tenant, what).await
    }

    async fn admit(&self, tenant: TenantId, what: &str) -> Result<(), Error> {
        let grant = &self.grant;
        let event = grant.recorder.event(tenant, AuditAction::BYPASS_USED, P::NAME, &grant.actor);
        let event = event
            .with_resource(AuditResource::new("bypass", &grant.id.to_string()))
            .with_detail("reason", grant.reason.as_str())
            .with_detail("what", what);
        if self.is_expired() {
            let event = event.with_outcome(AuditOutcome::Denied).with_detail("refused", "expired");
            grant.recorder.auditor().tell(event);
            return Err(Error::new(ErrorKind::Forbidden, "use a bypass: it has expired"));
        }
        grant.recorder.record(event, "use a bypass: it cannot be recorded").await
    }

    /// Tells whether its time is over.
    pub fn is_expired(&self) -> bool {
        let grant = &self.grant;
        grant.recorder.now() >= self.expires_at() || grant.started.elapsed() >= grant.lasts
    }
}

impl<P> Bypass<P> {
    /// Returns the id under which audit events name it.
    pub const fn id(&self) -> Uuid {
        self.grant.id
    }

    /// Returns who holds it.
    pub const fn actor(&self) -> &Actor {
        &self.grant.actor
    }

    /// Returns why it was granted.
    pub fn reason(&self) -> &str {
        self.grant.reason.as_str()
    }

    /// Returns when it expires.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.grant.granted_at + self.grant.lasts
    }
}

impl<P: BypassPurpose> fmt::Debug for Bypass<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bypass")
            .field("purpose", &P::NAME)
            .field("id", &self.grant.id)
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}
