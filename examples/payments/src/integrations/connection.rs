use serde::{Deserialize, Serialize};
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::ConnectionId;

/// A tenant's account at a provider.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "connections", version = "version")]
pub(crate) struct Connection {
    #[tenant(key)]
    pub(crate) id: ConnectionId,
    pub(crate) tenant_id: TenantId,
    pub(crate) kind: ProviderKind,
    pub(crate) name: String,
    pub(crate) base_url: String,
    /// Sealed: it opens for this tenant and connection alone, with a key outside the database.
    pub(crate) secret: Vec<u8>,
    /// Lower ones are asked first.
    pub(crate) priority: i64,
    pub(crate) state: ConnectionState,
    pub(crate) breaker: BreakerRule,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// What a provider's API is like.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TenantValue, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProviderKind {
    /// The public shapes of Stripe's API.
    Stripe,
    /// Paynova's API.
    Paynova,
}

/// Whether a connection is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionState {
    /// For new payments.
    Active,
    /// For what was begun with it.
    Disabled,
    /// The same, and it is not shown any more.
    #[serde(skip)]
    Removed,
}

/// What people say of a connection's breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BreakerRule {
    /// It opens and closes by itself.
    Automatic,
    /// It stays open: nothing is asked.
    Open,
    /// It stays closed, whatever fails.
    Closed,
}

impl Connection {
    /// What its secret is sealed for.
    pub(super) fn purpose(id: ConnectionId) -> String {
        format!("connection/{id}")
    }
}
