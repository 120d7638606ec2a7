use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::connectors::CallError;
use crate::ids::{ConnectionId, ProviderCallId};

/// A call of a provider, as it is kept: never what was said in it.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "provider_calls")]
pub(crate) struct ProviderCall {
    #[tenant(key)]
    pub(crate) id: ProviderCallId,
    pub(crate) tenant_id: TenantId,
    pub(crate) connection_id: ConnectionId,
    pub(crate) operation: String,
    pub(crate) request_id: String,
    /// 1 for the first time, then how often it was tried.
    pub(crate) attempt: i64,
    pub(crate) outcome: CallOutcome,
    pub(crate) status: Option<i64>,
    pub(crate) duration_us: i64,
    pub(crate) created_at: OffsetDateTime,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallOutcome {
    /// The provider said what it did, or that it did not want to.
    Answered,
    /// The request never left, or was turned away unread.
    NotSent,
    /// It may have been done.
    Unknown,
    /// The provider does not serve the connection.
    Refused,
}

impl CallOutcome {
    pub(super) const fn of(error: Option<CallError>) -> Self {
        match error {
            None => Self::Answered,
            Some(CallError::NotSent(_)) => Self::NotSent,
            Some(CallError::Unknown(_)) => Self::Unknown,
            Some(CallError::Refused(_)) => Self::Refused,
        }
    }
}

/// A call of a provider, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderCall)]
pub(super) struct ProviderCallView {
    id: ProviderCallId,
    #[schema(example = "authorize")]
    operation: String,
    /// The id that the request was sent under.
    request: String,
    /// 1 for the first time, then how often it was tried.
    attempt: i64,
    outcome: CallOutcome,
    /// The status of HTTP that a fault came with.
    status: Option<i64>,
    /// In microseconds.
    duration_us: i64,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<ProviderCall> for ProviderCallView {
    fn from(call: ProviderCall) -> Self {
        Self {
            id: call.id,
            operation: call.operation,
            request: call.request_id,
            attempt: call.attempt,
            outcome: call.outcome,
            status: call.status,
            duration_us: call.duration_us,
            created_at: call.created_at,
        }
    }
}
