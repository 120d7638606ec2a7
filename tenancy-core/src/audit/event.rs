use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU64;

use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::bounded::bounded;
use super::{AuditAction, AuditChange, AuditOutcome, AuditParty, AuditResource};
use crate::{RequestId, TenantContext, TenantId};

/// Something that happened, as it is kept: who did what to whose, and how it ended.
///
/// What comes from outside is bounded and kept on one line, see [`AuditParty`]. It holds what the
/// program puts in: never a credential, never another tenant's id.
///
/// ```
/// use tenancy_core::audit::{AuditAction, AuditEvent, AuditParty, AuditResource};
/// use tenancy_core::{Clock, SystemClock, TenantId};
///
/// const RENAMED: AuditAction = AuditAction::from_static("students.rename");
///
/// let event = AuditEvent::new(TenantId::generate(), RENAMED, SystemClock.now())
///     .with_actor(AuditParty::user("teacher_1"))
///     .with_resource(AuditResource::new("student", "17"))
///     .with_owner(AuditParty::user("student_17"))
///     .with_change("name", Some("Ada"), Some("Ada Lovelace"));
/// assert!(event.is_by_others());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent(Box<Inner>);

/// Behind a pointer, because events wait in queues.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    id: Uuid,
    tenant: TenantId,
    at: OffsetDateTime,
    action: AuditAction,
    outcome: AuditOutcome,
    actor: Option<AuditParty>,
    on_behalf_of: Option<AuditParty>,
    resource: Option<AuditResource>,
    owner: Option<AuditParty>,
    client_addr: Option<IpAddr>,
    request_id: Option<RequestId>,
    times: NonZeroU64,
    changes: Vec<AuditChange>,
    details: BTreeMap<Box<str>, Box<str>>,
    omitted: u32,
}

impl AuditEvent {
    /// The most changes that are kept.
    pub const MAX_CHANGES: usize = 50;
    /// The most details that are kept.
    pub const MAX_DETAILS: usize = 16;
    /// The longest name of a detail that is kept as it is, in bytes.
    pub const MAX_DETAIL_NAME: usize = 64;
    /// The longest detail that is kept as it is, in bytes.
    pub const MAX_DETAIL: usize = 500;

    /// Makes an event that succeeded, at a time to the microsecond.
    ///
    /// [`TenantId::PLATFORM`] is for what belongs to no tenant.
    pub fn new(tenant: TenantId, action: AuditAction, at: OffsetDateTime) -> Self {
        Self(Box::new(Inner {
            id: Uuid::now_v7(),
            tenant,
            at: to_micros(at),
            action,
            outcome: AuditOutcome::Succeeded,
            actor: None,
            on_behalf_of: None,
            resource: None,
            owner: None,
            client_addr: None,
            request_id: None,
            times: NonZeroU64::MIN,
            changes: Vec::new(),
            details: BTreeMap::new(),
            omitted: 0,
        }))
    }

    /// Makes an event of a context: its tenant, who acts and for whom, address and request.
    pub fn in_context(context: &TenantContext, action: AuditAction, at: OffsetDateTime) -> Self {
        let mut event = Self::new(context.tenant_id(), action, at);
        if let Some(actor) = context.actor() {
            event.0.actor = Some(actor.into());
            event.0.on_behalf_of = actor.acts_for().map(AuditParty::from);
        }
        event.0.client_addr = context.client_addr().map(|address| address.to_canonical());
        event.0.request_id = context.request_id().cloned();
        event
    }

    /// Gives it the id it was stored under.
    pub fn with_id(mut self, id: Uuid) -> Self {
        self.0.id = id;
        self
    }

    /// Says how it ended.
    pub fn with_outcome(mut self, outcome: AuditOutcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Says who did it.
    pub fn with_actor(mut self, actor: impl Into<AuditParty>) -> Self {
        self.0.actor = Some(actor.into());
        self
    }

    /// Says for whom it was done, if not for the actor itself.
    pub fn with_on_behalf_of(mut self, principal: impl Into<AuditParty>) -> Self {
        self.0.on_behalf_of = Some(principal.into());
        self
    }

    /// Says what it was done to.
    pub fn with_resource(mut self, resource: AuditResource) -> Self {
        self.0.resource = Some(resource);
        self
    }

    /// Says whose the resource is.
    pub fn with_owner(mut self, owner: impl Into<AuditParty>) -> Self {
        self.0.owner = Some(owner.into());
        self
    }

    /// Says where it came from.
    pub fn with_client_addr(mut self, address: IpAddr) -> Self {
        self.0.client_addr = Some(address.to_canonical());
        self
    }

    /// Names the request.
    pub fn with_request_id(mut self, id: RequestId) -> Self {
        self.0.request_id = Some(id);
        self
    }

    /// Says that it stands for so many alike.
    pub fn with_times(mut self, times: NonZeroU64) -> Self {
        self.0.times = times;
        self
    }

    /// Adds a field that was changed; values are cut at [`AuditChange::MAX_VALUE`]. Give no
    /// secrets.
    pub fn with_change(mut self, field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        if self.0.changes.len() < Self::MAX_CHANGES {
            self.0.changes.push(AuditChange::new(field, before, after));
        } else {
            self.0.omitted = self.0.omitted.saturating_add(1);
        }
        self
    }

    /// Adds anything else; the last of a name counts. Give no secrets.
    pub fn with_detail(mut self, name: &str, value: &str) -> Self {
        let name = bounded(name, Self::MAX_DETAIL_NAME);
        let is_full = self.0.details.len() >= Self::MAX_DETAILS;
        if is_full && !self.0.details.contains_key(&name) {
            self.0.omitted = self.0.omitted.saturating_add(1);
        } else {
            self.0.details.insert(name, bounded(value, Self::MAX_DETAIL));
        }
        self
    }

    /// Says how many changes and details it has no room for, as it was stored.
    pub fn with_omitted(mut self, omitted: u32) -> Self {
        self.0.omitted = omitted;
        self
    }

    /// Returns the id. A sink that has an event of this id has this event.
    pub const fn id(&self) -> Uuid {
        self.0.id
    }

    /// Returns the tenant, or [`TenantId::PLATFORM`].
    pub const fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// Returns when it happened, in UTC, to the microsecond; the last time, when it stands for
    /// many.
    pub const fn at(&self) -> OffsetDateTime {
        self.0.at
    }

    /// Returns what was done.
    pub const fn action(&self) -> &AuditAction {
        &self.0.action
    }

    /// Returns how it ended.
    pub const fn outcome(&self) -> AuditOutcome {
        self.0.outcome
    }

    /// Returns who did it.
    pub const fn actor(&self) -> Option<&AuditParty> {
        self.0.actor.as_ref()
    }

    /// Returns for whom it was done, if not for the actor itself.
    pub const fn on_behalf_of(&self) -> Option<&AuditParty> {
        self.0.on_behalf_of.as_ref()
    }

    /// Returns what it was done to.
    pub const fn resource(&self) -> Option<&AuditResource> {
        self.0.resource.as_ref()
    }

    /// Returns whose the resource is.
    pub const fn owner(&self) -> Option<&AuditParty> {
        self.0.owner.as_ref()
    }

    /// Returns where it came from.
    pub const fn client_addr(&self) -> Option<IpAddr> {
        self.0.client_addr
    }

    /// Returns the request's id.
    pub const fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    /// Returns how many alike it stands for.
    pub const fn times(&self) -> NonZeroU64 {
        self.0.times
    }

    /// Returns the fields that were changed.
    pub fn changes(&self) -> &[AuditChange] {
        &self.0.changes
    }

    /// Returns the details, by name.
    pub fn details(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.details.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns a detail.
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.0.details.get(name).map(|value| &**value)
    }

    /// Returns how many changes and details it has no room for.
    pub const fn omitted(&self) -> u32 {
        self.0.omitted
    }

    /// Tells whether somebody reached for what is another's: there is an owner, and it is not
    /// the actor. Whoever acts on an owner's behalf is another.
    pub fn is_by_others(&self) -> bool {
        self.owner().is_some_and(|owner| self.actor() != Some(owner))
    }
}

/// What every store can keep.
fn to_micros(at: OffsetDateTime) -> OffsetDateTime {
    let at = at.to_offset(UtcOffset::UTC);
    at.replace_microsecond(at.microsecond()).unwrap_or(at)
}
