use serde::Deserialize;
use tenancy_core::{ErrorKind, Problem};
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Dispute;
use super::dispute::{DisputeReason, DisputeState};
use crate::ids::{DisputeId, PaymentId};
use crate::ledger::{self, AccountCode, Cause, CauseKind, Draft};
use crate::line::Line;
use crate::money::Amount;
use crate::payments::Payment;

/// What a provider says of a dispute.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDispute {
    #[schema(example = "pay_01k8p0g2v7e9h9qk3x5t7w1zra")]
    payment: String,
    /// The provider's name for it: told twice it is one.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "dp_1")]
    provider_reference: Line<100>,
    /// How much of the payment.
    amount: Amount,
    /// What the provider charges for it.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, example = 1500)]
    fee: Option<Amount>,
    reason: DisputeReason,
}

/// Writes a dispute down, and takes its money out of what the tenant can dispose of.
///
/// # Errors
///
/// 422 when there is no such payment, or `dispute_exceeds_captured`; 409 `dispute_known`.
pub(super) async fn open(
    tx: &mut TenantTx,
    new: NewDispute,
    now: OffsetDateTime,
) -> Result<Dispute, Problem> {
    let id: PaymentId = new.payment.parse().map_err(|_| payment_missing())?;
    let mut payment = tx.repo::<Payment>().get(&id).await?.ok_or_else(payment_missing)?;
    let amount = new.amount;
    if amount.units() > payment.refundable() {
        return Err(too_much());
    }
    payment.amount_disputed += amount.units();
    payment.updated_at = now;
    let payment = tx.repo::<Payment>().update(payment).await?;
    let dispute = Dispute {
        id: DisputeId::generate(),
        tenant_id: tx.tenant(),
        payment_id: id,
        provider_reference: new.provider_reference.into_string(),
        amount,
        fee: new.fee.map_or(0, Amount::units),
        currency: payment.currency,
        reason: new.reason,
        state: DisputeState::NeedsResponse,
        evidence: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let dispute = tx.repo::<Dispute>().insert(dispute).await.map_err(|error| {
        if error.kind() == ErrorKind::Conflict { known() } else { error.into() }
    })?;
    let cause = Cause { kind: CauseKind::Dispute, id: dispute.id.uuid() };
    let draft = Draft::new(cause, dispute.currency)
        .debit(AccountCode::MerchantAvailable, amount.units() + dispute.fee)
        .credit(AccountCode::DisputeReserve, amount.units())
        .credit(AccountCode::DisputeFee, dispute.fee);
    ledger::post(tx, draft, now).await?;
    Ok(dispute)
}

/// The same for an id that is none, a random one and another tenant's.
fn payment_missing() -> Problem {
    Problem::new(422, "payment_missing", "There is no such payment").with_param("payment")
}

fn too_much() -> Problem {
    Problem::new(422, "dispute_exceeds_captured", "More than was captured and not given back")
        .with_param("amount")
}

fn known() -> Problem {
    Problem::new(409, "dispute_known", "The dispute has been written down")
        .with_param("provider_reference")
}
