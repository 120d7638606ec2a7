use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::EndpointId;
use crate::events::EventId;

crate::prefixed_id! {
    /// Names a delivery: `dlv_…`.
    pub DeliveryId, "dlv_", "dlv_01k8p0g2v7e9h9qk3x5t7w1zra"
}

/// An event on its way to an endpoint. There is one for the two, however often it is sent.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "webhook_deliveries", version = "version")]
pub struct Delivery {
    /// Names it.
    #[tenant(key)]
    pub id: DeliveryId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where to.
    pub endpoint_id: EndpointId,
    /// What.
    pub event_id: EventId,
    /// The event's kind.
    pub kind: String,
    /// Whether it has arrived.
    pub state: DeliveryState,
    /// How often it was tried since it was last asked for.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: Option<OffsetDateTime>,
    /// What was answered last.
    pub last_status: Option<i64>,
    /// Why nothing was answered last.
    pub last_error: Option<String>,
    /// When it was first asked for.
    pub created_at: OffsetDateTime,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
    /// Counts changes.
    pub version: i64,
}

/// Whether a delivery has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookDeliveryState)]
pub enum DeliveryState {
    /// Not yet.
    Pending,
    /// It has.
    Delivered,
    /// It has not, and is not tried again.
    Failed,
}

impl Delivery {
    /// An event that is to be sent at once.
    pub(super) fn new(
        tenant_id: TenantId,
        endpoint_id: EndpointId,
        (event_id, kind): (EventId, &str),
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: DeliveryId::generate(),
            tenant_id,
            endpoint_id,
            event_id,
            kind: kind.to_owned(),
            state: DeliveryState::Pending,
            attempts: 0,
            next_attempt_at: Some(now),
            last_status: None,
            last_error: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Has it sent anew.
    pub(super) fn restart(&mut self, now: OffsetDateTime) {
        self.state = DeliveryState::Pending;
        self.attempts = 0;
        self.next_attempt_at = Some(now);
        self.updated_at = now;
    }

    /// Ends it.
    pub(super) fn end(&mut self, state: DeliveryState, now: OffsetDateTime) {
        self.state = state;
        self.next_attempt_at = None;
        self.updated_at = now;
    }
}

/// A delivery, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct DeliveryView {
    id: DeliveryId,
    endpoint: EndpointId,
    event: EventId,
    #[schema(example = "payment.succeeded")]
    event_type: String,
    state: DeliveryState,
    attempts: i64,
    #[serde(with = "time::serde::rfc3339::option")]
    next_attempt_at: Option<OffsetDateTime>,
    #[schema(example = 503)]
    last_status: Option<i64>,
    /// `timed_out`, `unreachable` or `address_refused`.
    #[schema(example = "timed_out")]
    last_error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            endpoint: delivery.endpoint_id,
            event: delivery.event_id,
            event_type: delivery.kind,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}
