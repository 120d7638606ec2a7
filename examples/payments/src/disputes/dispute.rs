use serde::{Deserialize, Serialize};
use tenancy_core::{Problem, TenantId};
use tenancy_sqlx::{TenantEntity, TenantValue};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ids::{DisputeId, PaymentId};
use crate::money::{Amount, Currency};

/// Money of a payment that the payer's bank has taken back for now.
#[derive(Debug, Clone, TenantEntity)]
#[tenant(table = "disputes", version = "version")]
pub(crate) struct Dispute {
    #[tenant(key)]
    pub(crate) id: DisputeId,
    pub(crate) tenant_id: TenantId,
    pub(crate) payment_id: PaymentId,
    /// The provider's name for it; no two share one.
    pub(crate) provider_reference: String,
    pub(crate) amount: Amount,
    /// What the provider charges for it, won or lost.
    pub(crate) fee: i64,
    pub(crate) currency: Currency,
    pub(crate) reason: DisputeReason,
    pub(crate) state: DisputeState,
    pub(crate) evidence: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Why the payer disputes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeReason {
    /// Somebody else has paid with it.
    Fraudulent,
    /// The goods did not come.
    NotReceived,
    /// They are not what was promised.
    NotAsDescribed,
    /// It was charged twice.
    Duplicate,
    /// Something else.
    General,
}

/// Where a dispute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeState {
    /// Waits for the tenant's evidence.
    NeedsResponse,
    /// The payer's bank looks at the evidence.
    UnderReview,
    /// The money is the tenant's again. Final.
    Won,
    /// The money is the payer's. Final.
    Lost,
    /// The tenant has given it up. Final.
    Accepted,
}

impl DisputeState {
    /// Goes there.
    ///
    /// # Errors
    ///
    /// 409 `dispute_state` when it may not.
    pub(super) fn become_state(self, next: Self) -> Result<Self, Problem> {
        use DisputeState as S;
        let may = match self {
            S::NeedsResponse => !matches!(next, S::NeedsResponse),
            S::UnderReview => matches!(next, S::Won | S::Lost),
            S::Won | S::Lost | S::Accepted => false,
        };
        if may {
            return Ok(next);
        }
        Err(Problem::new(409, "dispute_state", "The dispute's state does not allow it"))
    }
}

/// A dispute, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub(super) struct DisputeView {
    id: DisputeId,
    payment: PaymentId,
    provider_reference: String,
    amount: Amount,
    fee: i64,
    currency: Currency,
    #[schema(example = "60.00")]
    amount_decimal: String,
    reason: DisputeReason,
    state: DisputeState,
    evidence: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Dispute> for DisputeView {
    fn from(dispute: Dispute) -> Self {
        let amount_decimal = dispute.amount.decimal(dispute.currency);
        let Dispute { id, payment_id, provider_reference, amount, fee, currency, .. } = dispute;
        let Dispute { reason, state, evidence, created_at, updated_at, .. } = dispute;
        Self {
            id,
            payment: payment_id,
            provider_reference,
            amount,
            fee,
            currency,
            amount_decimal,
            reason,
            state,
            evidence,
            created_at,
            updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DisputeState as S;

    #[test]
    fn what_is_decided_stays() {
        let all = [S::NeedsResponse, S::UnderReview, S::Won, S::Lost, S::Accepted];
        for state in all {
            let next: Vec<_> =
                all.into_iter().filter(|next| state.become_state(*next).is_ok()).collect();
            let expected: &[S] = match state {
                S::NeedsResponse => &[S::UnderReview, S::Won, S::Lost, S::Accepted],
                S::UnderReview => &[S::Won, S::Lost],
                S::Won | S::Lost | S::Accepted => &[],
            };
            assert_eq!(next, expected, "{state:?}");
        }
    }
}
