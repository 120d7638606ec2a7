//! What an auditor is told when something of one tenant reaches for another one.

use tenancy_core::audit::{AuditAction, AuditImportance, AuditOutcome};
use tenancy_core::{Error, ErrorKind, TenantContext};

use super::TenantTx;

/// Tells a blocked crossing in the log of the transaction's tenant; other errors are none. It
/// never names the other tenant.
pub(crate) fn tell(tx: &TenantTx, error: &Error) {
    let Some(auditor) = tx.db().auditor() else { return };
    if error.kind() != ErrorKind::ForeignTenant {
        return;
    }
    let context = TenantContext::try_current();
    let event = match context.filter(|context| context.tenant_id() == tx.tenant()) {
        Some(context) => auditor.event(&context, AuditAction::CROSSING_BLOCKED),
        None => auditor.event_of(tx.tenant(), AuditAction::CROSSING_BLOCKED),
    };
    let actor = event.actor().map(ToString::to_string).unwrap_or_default();
    let same = format!("{} {actor}", error.message());
    let event = event.with_outcome(AuditOutcome::Denied).with_detail("reason", error.message());
    auditor.tell_alike(AuditImportance::High, &same, event);
}
