use serde::Deserialize;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Dispute;
use super::dispute::DisputeState;
use crate::ids::{DisputeId, missing};
use crate::ledger::{self, AccountCode, Cause, CauseKind, Draft};
use crate::line::Line;
use crate::payments::Payment;

/// What speaks for the tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Evidence {
    #[schema(value_type = String, min_length = 1, max_length = 2000, example = "signed receipt 4711")]
    pub(super) evidence: Line<2000>,
}

/// How it was decided.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields, tag = "outcome")]
pub(super) enum Decision {
    /// For the tenant.
    Won,
    /// For the payer.
    Lost,
}

/// Hands evidence in.
pub(super) async fn submit(
    tx: &mut TenantTx,
    id: DisputeId,
    evidence: Evidence,
    now: OffsetDateTime,
) -> Result<Dispute, Problem> {
    let mut dispute = tx.repo::<Dispute>().get(&id).await?.ok_or_else(missing)?;
    dispute.state = dispute.state.become_state(DisputeState::UnderReview)?;
    dispute.evidence = Some(evidence.evidence.into_string());
    dispute.updated_at = now;
    Ok(tx.repo::<Dispute>().update(dispute).await?)
}

/// Ends a dispute. Won, its money is the tenant's again; lost or accepted, it stays with the
/// provider. What the provider has charged for it is gone either way.
pub(super) async fn end(
    tx: &mut TenantTx,
    id: DisputeId,
    outcome: DisputeState,
    now: OffsetDateTime,
) -> Result<Dispute, Problem> {
    let mut dispute = tx.repo::<Dispute>().get(&id).await?.ok_or_else(missing)?;
    dispute.state = dispute.state.become_state(outcome)?;
    dispute.updated_at = now;
    let amount = dispute.amount.units();
    let mut payment = tx.repo::<Payment>().get(&dispute.payment_id).await?.ok_or_else(missing)?;
    if outcome == DisputeState::Won {
        payment.amount_disputed -= amount;
    }
    payment.updated_at = now;
    tx.repo::<Payment>().update(payment).await?;
    let dispute = tx.repo::<Dispute>().update(dispute).await?;
    let to = match outcome {
        DisputeState::Won => AccountCode::MerchantAvailable,
        _ => AccountCode::PspReceivable,
    };
    let cause = Cause { kind: CauseKind::Dispute, id: dispute.id.uuid() };
    let draft = Draft::new(cause, dispute.currency)
        .nth(1)
        .debit(AccountCode::DisputeReserve, amount)
        .credit(to, amount);
    ledger::post(tx, draft, now).await?;
    Ok(dispute)
}
