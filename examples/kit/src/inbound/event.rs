use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::SourceId;

crate::prefixed_id! {
    /// Names an event that came in: `iev_…`.
    pub InboundEventId, "iev_", "iev_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// Something that a source says has happened. There is one of an id, however often it comes.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "inbound_events", version = "version")]
pub struct InboundEvent {
    /// Names it.
    #[tenant(key)]
    pub id: InboundEventId,
    /// Whom it was told.
    pub tenant_id: TenantId,
    /// Who said so.
    pub source_id: SourceId,
    /// The source's name for it.
    pub external_id: String,
    /// What has happened, as the source calls it.
    pub kind: String,
    /// What it says, as JSON, as it came.
    pub payload: String,
    /// What has become of it.
    pub state: InboundState,
    /// How often it was tried since it came, or was asked for again.
    pub tries: i64,
    /// What stood in the way last.
    pub last_error: Option<String>,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// When it was applied.
    pub applied_at: Option<OffsetDateTime>,
    /// Counts changes.
    pub version: i64,
}

/// What has become of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InboundEventState)]
pub enum InboundState {
    /// It has come.
    Received,
    /// It could not be applied yet: what it is about is not there, or something failed. It is
    /// tried again.
    Parked,
    /// It has been applied, or changed nothing.
    Applied,
    /// It is about nothing that matters here.
    Ignored,
    /// It was tried often enough. Somebody should look at it.
    Dead,
}

/// An event, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InboundEvent)]
pub struct InboundEventView {
    id: InboundEventId,
    source: SourceId,
    external_id: String,
    #[schema(example = "payment.succeeded")]
    r#type: String,
    state: InboundState,
    tries: i64,
    #[schema(example = "request_unknown")]
    last_error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    received_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    applied_at: Option<OffsetDateTime>,
}

impl From<InboundEvent> for InboundEventView {
    fn from(event: InboundEvent) -> Self {
        Self {
            id: event.id,
            source: event.source_id,
            external_id: event.external_id,
            r#type: event.kind,
            state: event.state,
            tries: event.tries,
            last_error: event.last_error,
            received_at: event.received_at,
            applied_at: event.applied_at,
        }
    }
}
