use async_trait::async_trait;
use time::format_description::well_known::Rfc3339;

use super::{AuditEvent, AuditSink};
use crate::Error;

/// Writes events to the program's log, at level `info` under the target `tenancy::audit`.
///
/// Changes and details are JSON. A log forgets and can be changed: it is for people who watch,
/// beside a store that keeps.
#[derive(Debug, Clone, Copy)]
pub struct TracingAuditSink;

#[async_trait]
impl AuditSink for TracingAuditSink {
    async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
        events.iter().for_each(tell);
        Ok(())
    }
}

fn tell(event: &AuditEvent) {
    tracing::info!(
        target: "tenancy::audit",
        {
            tenant.id = %event.tenant(),
            audit.id = %event.id(),
            audit.at = event.at().format(&Rfc3339).ok(),
            audit.action = event.action().as_str(),
            audit.outcome = event.outcome().as_str(),
            audit.actor = event.actor().map(tracing::field::display),
            audit.on_behalf_of = event.on_behalf_of().map(tracing::field::display),
            audit.resource = event.resource().map(tracing::field::display),
            audit.owner = event.owner().map(tracing::field::display),
            audit.client_addr = event.client_addr().map(tracing::field::display),
            audit.request_id = event.request_id().map(tracing::field::display),
            audit.times = event.times(),
            audit.changes = changes(event),
            audit.details = details(event),
        },
        "audit"
    );
}

/// Returns the changes as JSON: `[["name","Ada",null]]`.
fn changes(event: &AuditEvent) -> Option<String> {
    let changes = event.changes();
    let changes = changes.iter().map(|one| (one.field(), one.before(), one.after()));
    let changes: Vec<_> = changes.collect();
    if changes.is_empty() { None } else { serde_json::to_string(&changes).ok() }
}

fn details(event: &AuditEvent) -> Option<String> {
    let details: std::collections::BTreeMap<_, _> = event.details().collect();
    if details.is_empty() { None } else { serde_json::to_string(&details).ok() }
}
