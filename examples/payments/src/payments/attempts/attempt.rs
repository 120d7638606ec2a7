use http::StatusCode;
use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::idempotency::ReplayId;
use crate::ids::{AttemptId, ConnectionId, PaymentId};
use crate::integrations::Link;
use crate::payments::Payment;

/// A question to a provider: may this payer's money be taken. Its id is the request's.
///
/// The database lets a payment have one that is not final, so that no second provider is asked
/// while the first may have taken the money.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "attempts", version = "version")]
pub(crate) struct Attempt {
    #[tenant(key)]
    pub(crate) id: AttemptId,
    pub(crate) tenant_id: TenantId,
    pub(crate) payment_id: PaymentId,
    pub(crate) connector: String,
    /// The tenant's connection; none for the simulator.
    pub(crate) connection_id: Option<ConnectionId>,
    pub(crate) state: AttemptState,
    /// The provider's name for it; no two of a provider share one.
    pub(crate) provider_reference: Option<String>,
    pub(crate) failure_code: Option<String>,
    /// The request that waits for its outcome.
    pub(crate) answers: Option<ReplayId>,
    /// How that request is answered, unless the payment's state tells: 201 where it has made the
    /// payment too.
    pub(crate) answer_status: Option<i64>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// What has become of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AttemptState {
    /// The provider is being asked.
    Processing,
    /// It has not answered in time. It is asked until it does.
    Unknown,
    /// It answered something else than it was asked. A person decides.
    Conflicted,
    /// The money is reserved, or taken.
    Authorized,
    /// What is still reserved is being given back.
    Voiding,
    /// What was still reserved was given back.
    Voided,
    /// Refused.
    Declined,
}

impl Attempt {
    /// A question that is about to be asked.
    pub(super) fn new(
        payment: &Payment,
        link: &Link,
        answers: Option<ReplayId>,
        answer_status: Option<StatusCode>,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: AttemptId::generate(),
            tenant_id: payment.tenant_id,
            payment_id: payment.id,
            connector: link.name().to_owned(),
            connection_id: link.connection(),
            state: AttemptState::Processing,
            provider_reference: None,
            failure_code: None,
            answers,
            answer_status: answer_status.map(|status| status.as_u16().into()),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

impl AttemptState {
    /// Tells whether the provider's answer is still to come.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Processing | Self::Unknown)
    }
}

/// An attempt, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptView {
    id: AttemptId,
    #[schema(example = "simulator")]
    connector: String,
    /// The tenant's connection; none for the simulator.
    connection: Option<ConnectionId>,
    state: AttemptState,
    provider_reference: Option<String>,
    failure_code: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { id, connector, state, provider_reference, failure_code, .. } = attempt;
        let Attempt { connection_id: connection, created_at, updated_at, .. } = attempt;
        Self {
            id,
            connector,
            connection,
            state,
            provider_reference,
            failure_code,
            created_at,
            updated_at,
        }
    }
}
