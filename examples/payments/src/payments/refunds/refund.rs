use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::{PaymentId, RefundId};
use crate::money::{Amount, Currency};
use crate::payments::Payment;

/// Money of a payment that is given back. Its id is the request's.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "refunds", version = "version")]
pub(crate) struct Refund {
    #[tenant(key)]
    pub(crate) id: RefundId,
    pub(crate) tenant_id: TenantId,
    pub(crate) payment_id: PaymentId,
    pub(crate) amount: Amount,
    pub(crate) currency: Currency,
    pub(crate) reason: Option<String>,
    pub(crate) state: RefundState,
    pub(crate) failure_code: Option<String>,
    /// What the provider says it gave back, where that is not what it was asked.
    pub(crate) reported_amount: Option<i64>,
    pub(crate) reported_currency: Option<Currency>,
    /// The kind and id of the person who said how much it was.
    pub(crate) resolved_by: Option<String>,
    /// How that person knows.
    pub(crate) evidence: Option<String>,
    /// Whose it is, if it was made at the provider.
    pub(crate) connector: Option<String>,
    /// The provider's name for it then. No two of a provider share one.
    pub(crate) provider_reference: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

impl Refund {
    /// A refund that is about to be promised.
    pub(super) fn new(payment: &Payment, amount: Amount, now: OffsetDateTime) -> Self {
        Self {
            id: RefundId::generate(),
            tenant_id: payment.tenant_id,
            payment_id: payment.id,
            amount,
            currency: payment.currency,
            reason: None,
            state: RefundState::Pending,
            failure_code: None,
            reported_amount: None,
            reported_currency: None,
            resolved_by: None,
            evidence: None,
            connector: None,
            provider_reference: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

/// What has become of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundState {
    /// The provider is being asked, until it answers.
    Pending,
    /// It gave back something else than it was asked to. A person decides.
    Conflicted,
    /// Given back.
    Succeeded,
    /// Refused.
    Failed,
}

/// A refund, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundView {
    id: RefundId,
    payment: PaymentId,
    amount: Amount,
    currency: Currency,
    #[schema(example = "12.50")]
    amount_decimal: String,
    #[schema(example = "returned goods")]
    reason: Option<String>,
    state: RefundState,
    failure_code: Option<String>,
    /// What the provider says it gave back, where that is not what it was asked.
    #[schema(example = 3999)]
    reported_amount: Option<i64>,
    reported_currency: Option<Currency>,
    /// Who has said how much it was.
    #[schema(example = "user:usr_01k8p0g2v7e9h9qk3x5t7w1zra")]
    resolved_by: Option<String>,
    /// How that person knows.
    evidence: Option<String>,
    /// At which provider it was made, if it was not made here.
    #[schema(example = "stripe")]
    made_at: Option<String>,
    /// That provider's name for it.
    provider_reference: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        Self {
            id: refund.id,
            payment: refund.payment_id,
            amount: refund.amount,
            currency: refund.currency,
            amount_decimal: refund.amount.decimal(refund.currency),
            reason: refund.reason,
            state: refund.state,
            failure_code: refund.failure_code,
            reported_amount: refund.reported_amount,
            reported_currency: refund.reported_currency,
            resolved_by: refund.resolved_by,
            evidence: refund.evidence,
            made_at: refund.connector,
            provider_reference: refund.provider_reference,
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}
