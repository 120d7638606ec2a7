use std::net::IpAddr;

use http::Extensions;
use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditImportance, AuditLevel, AuditOutcome, AuditParty, Auditor,
};
use tenancy_core::resolve::Refused;
use tenancy_core::{Actor, Error, ErrorKind, Problem, RequestId, TenantContext, TenantId, Trust};

use crate::rate_limit::address_subject;

/// What the layer tells of resolutions.
#[derive(Clone)]
pub(super) struct Audit {
    auditor: Auditor,
    level: AuditLevel,
}

impl Audit {
    pub(super) const fn new(auditor: Auditor, level: AuditLevel) -> Self {
        Self { auditor, level }
    }

    pub(super) fn attach(&self, extensions: &mut Extensions) {
        self.auditor.clone().attach(extensions);
    }

    pub(super) fn resolved(&self, context: &TenantContext) {
        if self.level < AuditLevel::All {
            return;
        }
        let event = self.auditor.event(context, AuditAction::RESOLVED);
        let event = event.with_detail("via", context.resolved_via().as_str());
        self.auditor.tell_as(AuditImportance::Low, event);
    }

    /// Tells a refusal in the log of the tenant that a credential proved, here or to an outer
    /// layer, else in the platform's.
    pub(super) fn refused(
        &self,
        refused: &Refused,
        outer: Option<&TenantContext>,
        address: Option<IpAddr>,
        id: &RequestId,
    ) {
        let kind = refused.error().kind();
        let (action, importance) = match kind {
            ErrorKind::TenantMismatch | ErrorKind::ForeignTenant => {
                (AuditAction::CROSSING_BLOCKED, AuditImportance::High)
            }
            _ if self.level < AuditLevel::Failures => return,
            _ => (AuditAction::RESOLUTION_FAILED, AuditImportance::Normal),
        };
        let outer = outer.filter(|outer| outer.trust() == Trust::Credential);
        let (tenant, actor) = match (refused.tenant(), outer) {
            (Some(tenant), _) => (tenant.id(), refused.actor()),
            (None, Some(outer)) => (outer.tenant_id(), outer.actor()),
            (None, None) => (TenantId::PLATFORM, None),
        };
        let mut event = self.at_edge(tenant, action, address, id).with_outcome(outcome(kind));
        if let Some(actor) = actor {
            event = event.with_actor(actor);
        }
        if let Some(principal) = actor.and_then(Actor::acts_for) {
            event = event.with_on_behalf_of(principal);
        }
        self.tell_alike(importance, event, kind, address);
    }

    /// Tells that a tenant's status did not admit a request.
    pub(super) fn status_refused(&self, context: &TenantContext, error: &Error) {
        if self.level < AuditLevel::Failures {
            return;
        }
        let event = self.auditor.event(context, AuditAction::STATUS_REFUSED);
        let event = event.with_outcome(AuditOutcome::Denied);
        self.tell_alike(AuditImportance::Normal, event, error.kind(), context.client_addr());
    }

    /// Tells that an address has failed too often.
    pub(super) fn failures_limited(&self, address: Option<IpAddr>, id: &RequestId) {
        let event = self.at_edge(TenantId::PLATFORM, AuditAction::RATE_LIMITED, address, id);
        let event = event.with_outcome(AuditOutcome::Denied).with_detail("limit", "failures");
        let same = format!("failures {}", address_subject(address));
        self.auditor.tell_alike(AuditImportance::Normal, &same, event);
    }

    fn at_edge(
        &self,
        tenant: TenantId,
        action: AuditAction,
        address: Option<IpAddr>,
        id: &RequestId,
    ) -> AuditEvent {
        let event = self.auditor.event_of(tenant, action).with_request_id(id.clone());
        match address {
            Some(address) => event.with_client_addr(address),
            None => event,
        }
    }

    fn tell_alike(
        &self,
        importance: AuditImportance,
        event: AuditEvent,
        kind: ErrorKind,
        address: Option<IpAddr>,
    ) {
        let problem = Problem::from(Error::new(kind, ""));
        let event = event.with_detail("reason", problem.code());
        let actor = event.actor().map(AuditParty::to_string).unwrap_or_default();
        let same = format!("{} {} {actor}", problem.code(), address_subject(address));
        self.auditor.tell_alike(importance, &same, event);
    }
}

/// What could not be decided has failed; the rest was refused.
const fn outcome(kind: ErrorKind) -> AuditOutcome {
    match kind {
        ErrorKind::Unavailable
        | ErrorKind::Overloaded
        | ErrorKind::Misconfigured
        | ErrorKind::Internal => AuditOutcome::Failed,
        _ => AuditOutcome::Denied,
    }
}
