//! What an auditor is told of slow answers.

use std::time::Duration;

use tenancy_core::TenantId;
use tenancy_core::audit::{AuditAction, AuditImportance, AuditOutcome, Auditor};

use super::layer::SlowRequest;

/// Tells that an answer took too long; those of the same tenant and route are one event.
pub(super) fn breached(auditor: &Auditor, threshold: Duration, slow: SlowRequest<'_>) {
    let action = AuditAction::THRESHOLD_BREACHED;
    let event = match slow.context() {
        Some(context) => auditor.event(context, action),
        None => auditor.event_of(TenantId::PLATFORM, action),
    };
    let event = event
        .with_outcome(AuditOutcome::Failed)
        .with_detail("route", slow.route())
        .with_detail("took_ms", &slow.took().as_millis().to_string())
        .with_detail("threshold_ms", &threshold.as_millis().to_string());
    auditor.tell_alike(AuditImportance::Low, slow.route(), event);
}
