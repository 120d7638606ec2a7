use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::PaymentState;
use crate::ids::{CustomerId, PaymentId};
use crate::mode::Mode;
use crate::money::{Amount, Currency};

/// A payment of a tenant.
///
/// The amounts keep their order in the database too: refunded and on its way, at most captured,
/// at most authorized, at most the amount.
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
    pub(crate) capture_mode: CaptureMode,
    pub(crate) state: PaymentState,
    pub(crate) failure_code: Option<String>,
    pub(crate) amount_authorized: i64,
    /// What providers have been asked to capture and have not answered yet.
    pub(crate) amount_capturing: i64,
    pub(crate) amount_captured: i64,
    /// What providers have been asked to refund and have not answered yet.
    pub(crate) amount_refunding: i64,
    pub(crate) amount_refunded: i64,
    /// What payers' banks have taken back, until it is decided and after it is lost.
    pub(crate) amount_disputed: i64,
    /// Since when a person has to find out what has become of it.
    pub(crate) needs_decision_since: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// When the money is taken.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaptureMode {
    /// With the confirmation.
    #[default]
    Automatic,
    /// When the tenant captures, once or in parts.
    Manual,
}

impl Payment {
    /// A payment that nobody has been asked to pay yet.
    pub(crate) fn new(
        id: PaymentId,
        tenant_id: TenantId,
        amount: Amount,
        currency: Currency,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id,
            tenant_id,
            customer_id: None,
            reference: None,
            amount,
            currency,
            capture_mode: CaptureMode::default(),
            state: PaymentState::RequiresConfirmation,
            failure_code: None,
            amount_authorized: 0,
            amount_capturing: 0,
            amount_captured: 0,
            amount_refunding: 0,
            amount_refunded: 0,
            amount_disputed: 0,
            needs_decision_since: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Changes the state.
    ///
    /// # Errors
    ///
    /// 409 when the present one does not allow it.
    pub(crate) fn become_state(
        &mut self,
        next: PaymentState,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        self.state = self.state.become_state(next)?;
        self.updated_at = now;
        Ok(())
    }

    /// Returns what may still be captured.
    pub(super) const fn capturable(&self) -> i64 {
        match self.state {
            PaymentState::Authorized | PaymentState::PartiallyCaptured => {
                self.amount_authorized - self.amount_captured - self.amount_capturing
            }
            _ => 0,
        }
    }

    /// Returns what may still be refunded.
    pub(crate) const fn refundable(&self) -> i64 {
        self.amount_captured - self.amount_refunded - self.amount_refunding - self.amount_disputed
    }
}

/// A payment, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    id: PaymentId,
    mode: Mode,
    amount: Amount,
    currency: Currency,
    /// The amount as people write it.
    #[schema(example = "12.50")]
    amount_decimal: String,
    capture_mode: CaptureMode,
    state: PaymentState,
    /// Why the last attempt was refused.
    #[schema(example = "insufficient_funds")]
    failure_code: Option<String>,
    /// What is or was reserved of the payer's money.
    amount_authorized: i64,
    /// What was taken of it.
    amount_captured: i64,
    /// What was given back.
    amount_refunded: i64,
    /// What the payer's bank has taken back.
    amount_disputed: i64,
    /// Since when somebody has to find out what has become of it: its provider does not say, or
    /// says that it did something else.
    #[serde(with = "time::serde::rfc3339::option")]
    needs_decision_since: Option<OffsetDateTime>,
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
            mode: Mode::of(payment.tenant_id),
            amount: payment.amount,
            currency: payment.currency,
            amount_decimal: payment.amount.decimal(payment.currency),
            capture_mode: payment.capture_mode,
            state: payment.state,
            failure_code: payment.failure_code,
            amount_authorized: payment.amount_authorized,
            amount_captured: payment.amount_captured,
            amount_refunded: payment.amount_refunded,
            amount_disputed: payment.amount_disputed,
            needs_decision_since: payment.needs_decision_since,
            customer: payment.customer_id,
            reference: payment.reference,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
            version: payment.version,
        }
    }
}
