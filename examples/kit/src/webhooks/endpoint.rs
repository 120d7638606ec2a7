use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Kinds;

crate::prefixed_id! {
    /// Names an endpoint: `whe_…`.
    pub EndpointId, "whe_", "whe_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// Where a tenant wants to be told of events.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "webhook_endpoints", version = "version")]
pub struct Endpoint {
    /// Names it.
    #[tenant(key)]
    pub id: EndpointId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where events are sent.
    pub url: String,
    /// For people to read.
    pub description: Option<String>,
    /// Which kinds are sent, as [`Kinds`] writes them.
    pub(super) kinds: String,
    /// What signs, sealed.
    pub(super) secret: Vec<u8>,
    /// What signed before, sealed, and signs too for a while.
    pub(super) previous_secret: Option<Vec<u8>>,
    /// Until when.
    pub(super) previous_until: Option<OffsetDateTime>,
    /// Whether events are sent.
    pub state: EndpointState,
    /// Why not.
    pub disabled_reason: Option<String>,
    /// Since when nothing has arrived.
    pub(super) failing_since: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
    /// Counts changes.
    pub version: i64,
}

/// Whether events are sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookEndpointState)]
pub enum EndpointState {
    /// They are.
    Enabled,
    /// They are not: by hand, because it is gone, or because nothing arrived for days.
    Disabled,
}

impl Endpoint {
    /// Tells whether a kind of event is sent there.
    pub fn wants(&self, kind: &str) -> bool {
        self.state == EndpointState::Enabled && Kinds::read(&self.kinds).have(kind)
    }
}

/// An endpoint, as callers see it: never its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    id: EndpointId,
    #[schema(example = "https://bank.example/webhooks")]
    url: String,
    description: Option<String>,
    events: Kinds,
    state: EndpointState,
    /// `by_hand`, `gone` (it answered 410) or `failing` (nothing arrived for five days).
    #[schema(example = "gone")]
    disabled_reason: Option<String>,
    /// Since when nothing has arrived.
    #[serde(with = "time::serde::rfc3339::option")]
    failing_since: Option<OffsetDateTime>,
    /// Until when the secret before this one signs too.
    #[serde(with = "time::serde::rfc3339::option")]
    previous_secret_until: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// The secret that signs. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_…")]
    secret: Option<String>,
}

impl EndpointView {
    /// Shows the secret, where it has just been made.
    pub fn with_secret(self, secret: String) -> Self {
        Self { secret: Some(secret), ..self }
    }
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            events: Kinds::read(&endpoint.kinds),
            url: endpoint.url,
            description: endpoint.description,
            state: endpoint.state,
            disabled_reason: endpoint.disabled_reason,
            failing_since: endpoint.failing_since,
            previous_secret_until: endpoint.previous_until,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            secret: None,
        }
    }
}
