use serde::{Deserialize, Serialize};
use tenancy_core::{ErrorKind, Problem};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{AccountCode, Cause, CauseKind, Draft, post};
use crate::ids::PaymentId;
use crate::money::Currency;
use crate::payments::Payment;
use crate::payments::captures::{Capture, CaptureState};

/// Which payment a provider has paid out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSettlement {
    #[schema(example = "pay_01k8p0g2v7e9h9qk3x5t7w1zra")]
    pub(super) payment: String,
}

/// What has been paid out, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settlement)]
pub(super) struct SettlementView {
    payment: PaymentId,
    currency: Currency,
    /// What came into the bank.
    amount: i64,
    /// What of it the tenant can dispose of now.
    amount_available: i64,
    #[schema(example = "96.80")]
    amount_available_decimal: String,
}

/// Writes down that a provider has paid out what it captured of a payment.
///
/// Each capture is settled once: the database takes one entry of it and no second.
///
/// # Errors
///
/// 409 `nothing_to_settle` when all of it has been, or nothing was captured.
pub(super) async fn settle(
    tx: &mut TenantTx,
    payment: &Payment,
    now: OffsetDateTime,
) -> Result<SettlementView, Problem> {
    let unsettled = Capture::PAYMENT_ID
        .eq(payment.id)
        .and(Capture::STATE.eq(CaptureState::Succeeded))
        .and(Capture::SETTLED_AT.is_none());
    let captures =
        tx.repo::<Capture>().list(tenancy_core::List::oldest(100).filter(unsettled)).await?;
    if captures.items.is_empty() {
        return Err(nothing());
    }
    let (mut amount, mut available) = (0, 0);
    for capture in captures.items {
        let (gross, net) = (capture.amount.units(), capture.amount.units() - capture.fee);
        let cause = Cause { kind: CauseKind::Settlement, id: capture.id.uuid() };
        let mut capture = capture;
        capture.settled_at = Some(now);
        tx.repo::<Capture>().update(capture).await.map_err(|error| match error.kind() {
            ErrorKind::Conflict => nothing(),
            _ => error.into(),
        })?;
        let draft = Draft::new(cause, payment.currency)
            .debit(AccountCode::Bank, gross)
            .credit(AccountCode::PspReceivable, gross)
            .debit(AccountCode::MerchantPending, net)
            .credit(AccountCode::MerchantAvailable, net);
        post(tx, draft, now).await?;
        amount += gross;
        available += net;
    }
    Ok(SettlementView {
        payment: payment.id,
        currency: payment.currency,
        amount,
        amount_available: available,
        amount_available_decimal: payment.currency.decimal(available),
    })
}

fn nothing() -> Problem {
    Problem::new(409, "nothing_to_settle", "Nothing of it is left to settle").with_param("payment")
}
