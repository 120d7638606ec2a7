use std::collections::BTreeMap;

use serde::Serialize;
use tenancy_core::audit::{AuditParty, ChainedEvent};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An entry of the log, as an answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditEntryView {
    /// Its number in the tenant's chain: 1, 2, 3, without a gap.
    sequence: u64,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: OffsetDateTime,
    #[schema(example = "payments.capture")]
    action: String,
    /// `succeeded`, `denied` or `failed`.
    outcome: &'static str,
    /// Who did it.
    actor: Option<PartyView>,
    /// For whom, if not for the actor itself.
    on_behalf_of: Option<PartyView>,
    resource: Option<ResourceView>,
    /// Whose the resource is.
    owner: Option<PartyView>,
    client_address: Option<String>,
    request_id: Option<String>,
    /// How many alike it stands for.
    times: u64,
    changes: Vec<ChangeView>,
    details: BTreeMap<String, String>,
    /// The hash of the entry before.
    previous: String,
    hash: String,
}

/// A part of the log, as an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditList {
    data: Vec<AuditEntryView>,
    /// Whether more follow: ask again with `after` set to the last `sequence`.
    has_more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditParty)]
struct PartyView {
    #[schema(example = "user")]
    kind: &'static str,
    id: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditResource)]
struct ResourceView {
    #[schema(example = "payments")]
    kind: String,
    id: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditChange)]
struct ChangeView {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

impl From<&ChainedEvent> for AuditEntryView {
    fn from(entry: &ChainedEvent) -> Self {
        let event = entry.event();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            sequence: entry.sequence(),
            at: event.at(),
            action: event.action().to_string(),
            outcome: event.outcome().as_str(),
            actor: event.actor().map(party),
            on_behalf_of: event.on_behalf_of().map(party),
            resource: event.resource().map(|resource| ResourceView {
                kind: resource.kind().to_owned(),
                id: resource.id().to_owned(),
            }),
            owner: event.owner().map(party),
            client_address: event.client_addr().map(|address| address.to_string()),
            request_id: event.request_id().map(ToString::to_string),
            times: event.times().get(),
            changes: event.changes().iter().map(ChangeView::from).collect(),
            details: event.details().map(owned).collect(),
            previous: entry.previous().to_string(),
            hash: entry.hash().to_string(),
        }
    }
}

impl From<&tenancy_core::audit::AuditChange> for ChangeView {
    fn from(change: &tenancy_core::audit::AuditChange) -> Self {
        Self {
            field: change.field().to_owned(),
            before: change.before().map(ToOwned::to_owned),
            after: change.after().map(ToOwned::to_owned),
        }
    }
}

impl AuditList {
    /// Takes one entry more than was asked for: it tells that there is more.
    pub fn of(entries: &[ChainedEvent], asked_for: u32) -> Self {
        let most = usize::try_from(asked_for).unwrap_or(usize::MAX);
        let data = entries.iter().take(most).map(AuditEntryView::from).collect();
        Self { data, has_more: entries.len() > most }
    }
}

fn party(party: &AuditParty) -> PartyView {
    PartyView { kind: party.kind().as_str(), id: party.id().to_owned() }
}
