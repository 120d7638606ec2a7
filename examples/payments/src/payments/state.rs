use serde::Serialize;
use tenancy_core::Problem;
use tenancy_sqlx::TenantValue;
use utoipa::ToSchema;

/// Where a payment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentState {
    /// Made, and nobody has paid yet.
    RequiresConfirmation,
    /// Paid.
    Succeeded,
    /// Tried, and refused by the payer's bank.
    Failed,
    /// Given up before it was paid.
    Canceled,
}

impl PaymentState {
    /// Returns the state after a cancellation.
    ///
    /// # Errors
    ///
    /// 409 `payment_not_cancelable` when the state is final.
    pub(super) fn canceled(self) -> Result<Self, Problem> {
        let reason = match self {
            Self::RequiresConfirmation | Self::Failed => return Ok(Self::Canceled),
            Self::Succeeded => "it has been paid",
            Self::Canceled => "it is canceled already",
        };
        Err(Problem::new(409, "payment_not_cancelable", "The payment cannot be canceled")
            .with_detail(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_open_payments_can_be_canceled() {
        for open in [PaymentState::RequiresConfirmation, PaymentState::Failed] {
            assert_eq!(open.canceled().unwrap(), PaymentState::Canceled);
        }
        for last in [PaymentState::Succeeded, PaymentState::Canceled] {
            assert_eq!(last.canceled().unwrap_err().status(), 409);
        }
    }
}
