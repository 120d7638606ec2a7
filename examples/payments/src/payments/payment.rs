use serde::Serialize;
use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::PaymentState;
use crate::ids::{CustomerId, PaymentId};
use crate::money::{Amount, Currency};

/// A payment of a tenant.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "payments", version = "version")]
pub(crate) struct Payment {
    #[tenant(key)]
    pub(crate) id: PaymentId,
    pub(crate) tenant_id: TenantId,
    pub(crate) customer_id: Option<CustomerId>,
    pub(crate) reference: Option<String>,
    pub(crate) amount: Amount,
    pub(crate) currency: Currency,
    pub(crate) state: PaymentState,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// A payment, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    id: PaymentId,
    amount: Amount,
    currency: Currency,
    /// The amount as people write it.
    #[schema(example = "12.50")]
    amount_decimal: String,
    state: PaymentState,
    customer: Option<CustomerId>,
    #[schema(example = "order 4711")]
    reference: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// Counts changes, beginning at 1.
    version: i64,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        Self {
            id: payment.id,
            amount: payment.amount,
            currency: payment.currency,
            amount_decimal: payment.amount.decimal(payment.currency),
            state: payment.state,
            customer: payment.customer_id,
            reference: payment.reference,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
            version: payment.version,
        }
    }
}
