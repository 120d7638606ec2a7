//! What an auditor is told of requests that are limited.

use http::request::Parts;
use tenancy_core::audit::{AuditAction, AuditEvent, AuditImportance, AuditOutcome, Auditor};
use tenancy_core::limit::Limit;
use tenancy_core::{RequestId, TenantContext, TenantId};

/// Tells that a limit refused a request; those of the same limit and subject are one event.
pub(super) fn limited(
    auditor: &Auditor,
    tenant: TenantId,
    limit: &Limit,
    context: Option<&TenantContext>,
    parts: &Parts,
) {
    let event = match context {
        Some(context) => auditor.event(context, AuditAction::RATE_LIMITED),
        None => of_stranger(auditor.event_of(tenant, AuditAction::RATE_LIMITED), parts),
    };
    let subject = limit.key().subject().escape_ascii().to_string();
    let same = format!("{} {subject}", limit.name());
    let mut event =
        event.with_outcome(AuditOutcome::Denied).with_detail("limit", limit.name().as_str());
    if !subject.is_empty() && !limit.key().is_digest() {
        event = event.with_detail("subject", &subject);
    }
    auditor.tell_alike(AuditImportance::Low, &same, event);
}

fn of_stranger(event: AuditEvent, parts: &Parts) -> AuditEvent {
    match parts.extensions.get::<RequestId>() {
        Some(id) => event.with_request_id(id.clone()),
        None => event,
    }
}
