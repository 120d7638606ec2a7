use serde::Serialize;
use serde_json::value::RawValue;
use tenancy_core::{Error, ErrorKind, TenantId};
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

crate::prefixed_id! {
    /// Names an event: `evt_…`.
    pub EventId, "evt_", "evt_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// Something that has happened to one of a tenant's objects. It does not change any more.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "events")]
pub struct Event {
    /// Names it, for good: who gets it twice knows it by its id.
    #[tenant(key)]
    pub id: EventId,
    /// Whose object it is about.
    pub tenant_id: TenantId,
    /// What has happened, such as `payment.succeeded`.
    pub kind: String,
    /// The version of the API that `data` is written in.
    pub api_version: String,
    /// The object after it, as JSON, as the API shows it.
    pub data: String,
    /// When it happened.
    pub created_at: OffsetDateTime,
    /// When whoever listens was told.
    pub published_at: Option<OffsetDateTime>,
}

/// An event, as callers and receivers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    id: EventId,
    /// What has happened.
    #[schema(example = "payment.succeeded")]
    r#type: String,
    #[schema(example = "2026-11-01")]
    api_version: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// The object after it, as its own route shows it.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl TryFrom<Event> for EventView {
    type Error = Error;

    fn try_from(event: Event) -> Result<Self, Error> {
        let data = RawValue::from_string(event.data).map_err(|source| {
            Error::new(ErrorKind::Internal, "read an event: its data is no JSON")
                .with_source(source)
        })?;
        let Event { id, kind, api_version, created_at, .. } = event;
        Ok(Self { id, r#type: kind, api_version, created_at, data })
    }
}
