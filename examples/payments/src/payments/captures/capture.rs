use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::idempotency::ReplayId;
use crate::ids::{AttemptId, CaptureId, PaymentId};
use crate::money::{Amount, Currency, Fee};
use crate::payments::Payment;
use crate::payments::attempts::Attempt;

/// A part of a payment that is taken. Its id is the request's.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "captures", version = "version")]
pub(crate) struct Capture {
    #[tenant(key)]
    pub(crate) id: CaptureId,
    pub(crate) tenant_id: TenantId,
    pub(crate) payment_id: PaymentId,
    pub(crate) attempt_id: AttemptId,
    pub(crate) amount: Amount,
    /// What the platform keeps of it.
    pub(crate) fee: i64,
    pub(crate) state: CaptureState,
    pub(crate) failure_code: Option<String>,
    /// What the provider says it took, where that is not what it was asked.
    pub(crate) reported_amount: Option<i64>,
    pub(crate) reported_currency: Option<Currency>,
    /// The kind and id of the person who said how much it was.
    pub(crate) resolved_by: Option<String>,
    /// How that person knows.
    pub(crate) evidence: Option<String>,
    /// When the provider has paid it out.
    pub(crate) settled_at: Option<OffsetDateTime>,
    /// The request that waits for its outcome.
    pub(crate) answers: Option<ReplayId>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// What has become of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaptureState {
    /// The provider is being asked, until it answers.
    Processing,
    /// It took something else than it was asked to. A person decides.
    Conflicted,
    /// Taken.
    Succeeded,
    /// Refused.
    Failed,
}

impl Capture {
    /// A capture that the tenant asks for.
    pub(super) fn new(
        payment: &Payment,
        attempt_id: AttemptId,
        amount: Amount,
        answers: ReplayId,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: CaptureId::generate(),
            tenant_id: payment.tenant_id,
            payment_id: payment.id,
            attempt_id,
            amount,
            fee: 0,
            state: CaptureState::Processing,
            failure_code: None,
            reported_amount: None,
            reported_currency: None,
            resolved_by: None,
            evidence: None,
            settled_at: None,
            answers: Some(answers),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// The capture of a payment that was taken as it was authorized.
    pub(crate) fn with_authorization(
        payment: &Payment,
        attempt: &Attempt,
        amount: Amount,
        now: OffsetDateTime,
    ) -> Self {
        let fee = Fee::of(payment.currency).on(amount.units());
        Self {
            id: CaptureId::generate(),
            tenant_id: payment.tenant_id,
            payment_id: payment.id,
            attempt_id: attempt.id,
            amount,
            fee,
            state: CaptureState::Succeeded,
            failure_code: None,
            reported_amount: None,
            reported_currency: None,
            resolved_by: None,
            evidence: None,
            settled_at: None,
            answers: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

/// A capture, as receivers of events see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capture)]
pub(crate) struct CaptureView {
    id: CaptureId,
    payment: PaymentId,
    attempt: AttemptId,
    amount: Amount,
    /// What the platform keeps of it.
    fee: i64,
    state: CaptureState,
    failure_code: Option<String>,
    /// What the provider says it took, where that is not what it was asked.
    #[schema(example = 3999)]
    reported_amount: Option<i64>,
    reported_currency: Option<Currency>,
    /// Who has said how much it was.
    #[schema(example = "user:usr_01k8p0g2v7e9h9qk3x5t7w1zra")]
    resolved_by: Option<String>,
    /// How that person knows.
    evidence: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Capture> for CaptureView {
    fn from(capture: Capture) -> Self {
        Self {
            id: capture.id,
            payment: capture.payment_id,
            attempt: capture.attempt_id,
            amount: capture.amount,
            fee: capture.fee,
            state: capture.state,
            failure_code: capture.failure_code,
            reported_amount: capture.reported_amount,
            reported_currency: capture.reported_currency,
            resolved_by: capture.resolved_by,
            evidence: capture.evidence,
            created_at: capture.created_at,
            updated_at: capture.updated_at,
        }
    }
}
