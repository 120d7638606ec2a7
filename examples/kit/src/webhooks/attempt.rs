use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{DeliveryId, EndpointId};

crate::prefixed_id! {
    /// Names an attempt to deliver: `wha_…`.
    pub AttemptId, "wha_", "wha_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// One request to an endpoint.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "webhook_attempts")]
pub struct Attempt {
    /// Names it.
    #[tenant(key)]
    pub id: AttemptId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Of which delivery.
    pub delivery_id: DeliveryId,
    /// To which endpoint.
    pub endpoint_id: EndpointId,
    /// What was answered.
    pub status: Option<i64>,
    /// Or why nothing was.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// When.
    pub created_at: OffsetDateTime,
}

/// An attempt, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct AttemptView {
    id: AttemptId,
    delivery: DeliveryId,
    status: Option<i64>,
    error: Option<String>,
    took_ms: i64,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { id, delivery_id, status, error, took_ms, created_at, .. } = attempt;
        Self { id, delivery: delivery_id, status, error, took_ms, created_at }
    }
}
