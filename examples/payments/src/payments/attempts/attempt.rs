use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenancy_core::{Filter, TenantId};
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::idempotency::ReplayId;
use crate::ids::{AttemptId, ConnectionId, PaymentId};
use crate::integrations::Link;
use crate::money::Currency;
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
    /// How often its provider was asked what has become of it.
    pub(crate) asked: i64,
    /// When it is asked next.
    pub(crate) next_ask_at: OffsetDateTime,
    /// Since when it is asked no more: a person finds out.
    pub(crate) given_up_at: Option<OffsetDateTime>,
    /// What it says it did, where that is not what it was asked.
    pub(crate) reported_amount: Option<i64>,
    pub(crate) reported_currency: Option<Currency>,
    /// The kind and id of the person who said what has become of it.
    pub(crate) resolved_by: Option<String>,
    /// How that person knows.
    pub(crate) evidence: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// What has become of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
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

/// How long whoever asked first is left alone with it.
const GRACE: Duration = Duration::seconds(10);

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
            asked: 0,
            next_ask_at: now + GRACE,
            given_up_at: None,
            reported_amount: None,
            reported_currency: None,
            resolved_by: None,
            evidence: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

impl Attempt {
    /// Those whose provider is asked what has become of them.
    pub(crate) fn is_to_be_asked() -> Filter<Self> {
        let open = [AttemptState::Processing, AttemptState::Unknown, AttemptState::Voiding];
        Self::STATE.is_in(open).and(Self::GIVEN_UP_AT.is_none())
    }

    /// Tells whether a person may say what has become of it.
    pub(super) const fn is_for_a_person(&self) -> bool {
        match self.state {
            AttemptState::Unknown | AttemptState::Conflicted => true,
            AttemptState::Processing => self.given_up_at.is_some(),
            _ => false,
        }
    }
}

impl AttemptState {
    /// Returns the name that callers see.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Unknown => "unknown",
            Self::Conflicted => "conflicted",
            Self::Authorized => "authorized",
            Self::Voiding => "voiding",
            Self::Voided => "voided",
            Self::Declined => "declined",
        }
    }

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
    payment: PaymentId,
    #[schema(example = "simulator")]
    connector: String,
    /// The tenant's connection; none for the simulator.
    connection: Option<ConnectionId>,
    state: AttemptState,
    provider_reference: Option<String>,
    failure_code: Option<String>,
    /// Since when its provider is asked no more what has become of it: somebody has to find out.
    #[serde(with = "time::serde::rfc3339::option")]
    given_up_at: Option<OffsetDateTime>,
    /// What the provider says it did, where that is not what it was asked.
    #[schema(example = 9999)]
    reported_amount: Option<i64>,
    reported_currency: Option<Currency>,
    /// Who has said what has become of it.
    #[schema(example = "user:usr_01k8p0g2v7e9h9qk3x5t7w1zra")]
    resolved_by: Option<String>,
    /// How that person knows.
    evidence: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            id: attempt.id,
            payment: attempt.payment_id,
            connector: attempt.connector,
            connection: attempt.connection_id,
            state: attempt.state,
            provider_reference: attempt.provider_reference,
            failure_code: attempt.failure_code,
            given_up_at: attempt.given_up_at,
            reported_amount: attempt.reported_amount,
            reported_currency: attempt.reported_currency,
            resolved_by: attempt.resolved_by,
            evidence: attempt.evidence,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
        }
    }
}
