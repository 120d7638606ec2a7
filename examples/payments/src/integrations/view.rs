use kit::resilience::BreakerState;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::connection::{BreakerRule, ConnectionState};
use super::{Connection, ProviderKind};
use crate::ids::ConnectionId;

/// A connection, as callers see it: never its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(super) struct ConnectionView {
    id: ConnectionId,
    kind: ProviderKind,
    #[schema(example = "Cards in Europe")]
    name: String,
    #[schema(example = "https://api.stripe.com")]
    base_url: String,
    priority: i64,
    state: ConnectionState,
    breaker_rule: BreakerRule,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// Counts changes, beginning at 1.
    version: i64,
}

impl From<Connection> for ConnectionView {
    fn from(connection: Connection) -> Self {
        Self {
            id: connection.id,
            kind: connection.kind,
            name: connection.name,
            base_url: connection.base_url,
            priority: connection.priority,
            state: connection.state,
            breaker_rule: connection.breaker,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            version: connection.version,
        }
    }
}

/// Whether calls go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Gate {
    /// They do.
    Closed,
    /// They do not.
    Open,
    /// The next one does, to see.
    HalfOpen,
}

impl From<BreakerState> for Gate {
    fn from(state: BreakerState) -> Self {
        match state {
            BreakerState::Closed => Self::Closed,
            BreakerState::Open => Self::Open,
            BreakerState::HalfOpen => Self::HalfOpen,
        }
    }
}
