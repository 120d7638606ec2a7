use serde::Serialize;
use tenancy_core::Problem;
use tenancy_sqlx::TenantValue;
use utoipa::ToSchema;

/// Where a payment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentState {
    /// Being put together.
    Draft,
    /// Waits for people of the bank to agree.
    RequiresApproval,
    /// Somebody disagreed, or nobody agreed in time. Final.
    Rejected,
    /// Made, and nobody has been asked to pay yet.
    RequiresConfirmation,
    /// A provider has been asked, and the answer is on its way.
    Processing,
    /// The payer has to do something.
    RequiresAction,
    /// A provider may or may not have taken the money: it did not say in time.
    Unknown,
    /// What the provider did is not what it was asked to do. A person decides.
    Conflicted,
    /// The payer's money is reserved.
    Authorized,
    /// A part of what was reserved has been taken.
    PartiallyCaptured,
    /// Paid. Refunds are told by the amounts. Final.
    Succeeded,
    /// Refused by the payer's bank; may be tried again.
    Failed,
    /// Given up, wholly or for the rest. Final.
    Canceled,
    /// The provider gave the reserved money back to the payer. Final.
    Expired,
}

impl PaymentState {
    /// All of them.
    #[cfg(test)]
    const ALL: [Self; 14] = [
        Self::Draft,
        Self::RequiresApproval,
        Self::Rejected,
        Self::RequiresConfirmation,
        Self::Processing,
        Self::RequiresAction,
        Self::Unknown,
        Self::Conflicted,
        Self::Authorized,
        Self::PartiallyCaptured,
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
        Self::Expired,
    ];

    /// Tells whether a payment may go from here to there.
    pub(crate) const fn may_become(self, next: Self) -> bool {
        use PaymentState as S;
        match self {
            S::Draft => matches!(next, S::RequiresApproval | S::RequiresConfirmation | S::Canceled),
            S::RequiresApproval => {
                matches!(next, S::RequiresConfirmation | S::Rejected | S::Canceled)
            }
            S::RequiresConfirmation | S::Failed => matches!(next, S::Processing | S::Canceled),
            S::Processing => matches!(
                next,
                S::RequiresAction
                    | S::Authorized
                    | S::Succeeded
                    | S::Failed
                    | S::Unknown
                    | S::Conflicted
            ),
            S::RequiresAction => {
                matches!(next, S::Authorized | S::Succeeded | S::Failed | S::Canceled)
            }
            S::Unknown => {
                matches!(next, S::Authorized | S::Succeeded | S::Failed | S::Conflicted)
            }
            S::Conflicted => matches!(next, S::Authorized | S::Succeeded | S::Failed),
            S::Authorized => {
                matches!(next, S::PartiallyCaptured | S::Succeeded | S::Canceled | S::Expired)
            }
            S::PartiallyCaptured => matches!(next, S::Succeeded | S::Canceled),
            S::Rejected | S::Succeeded | S::Canceled | S::Expired => false,
        }
    }

    /// Goes there.
    ///
    /// # Errors
    ///
    /// 409 `payment_state` when it may not.
    pub(crate) fn become_state(self, next: Self) -> Result<Self, Problem> {
        if self.may_become(next) {
            return Ok(next);
        }
        Err(Problem::new(409, "payment_state", "The payment's state does not allow it")
            .with_detail(format!("it is {}", self.as_words())))
    }

    /// Returns the state after a cancellation.
    ///
    /// # Errors
    ///
    /// 409 `payment_not_cancelable` when it may not be canceled.
    pub(super) fn canceled(self) -> Result<Self, Problem> {
        if self.may_become(Self::Canceled) {
            return Ok(Self::Canceled);
        }
        Err(Problem::new(409, "payment_not_cancelable", "The payment cannot be canceled")
            .with_detail(format!("it is {}", self.as_words())))
    }

    /// Returns the name that callers see.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::RequiresApproval => "requires_approval",
            Self::Rejected => "rejected",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::Processing => "processing",
            Self::RequiresAction => "requires_action",
            Self::Unknown => "unknown",
            Self::Conflicted => "conflicted",
            Self::Authorized => "authorized",
            Self::PartiallyCaptured => "partially_captured",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }

    const fn as_words(self) -> &'static str {
        match self {
            Self::Draft => "a draft",
            Self::RequiresApproval => "not approved yet",
            Self::Rejected => "rejected",
            Self::RequiresConfirmation => "not confirmed yet",
            Self::Processing => "being processed",
            Self::RequiresAction => "waiting for the payer",
            Self::Unknown => "not known: its provider has not answered yet",
            Self::Conflicted => "in conflict with what its provider says",
            Self::Authorized => "authorized",
            Self::PartiallyCaptured => "captured in part",
            Self::Succeeded => "paid",
            Self::Failed => "refused",
            Self::Canceled => "canceled already",
            Self::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PaymentState as S;

    /// The drawing, arrow by arrow.
    const ARROWS: [(S, &[S]); 14] = [
        (S::Draft, &[S::RequiresApproval, S::RequiresConfirmation, S::Canceled]),
        (S::RequiresApproval, &[S::RequiresConfirmation, S::Rejected, S::Canceled]),
        (S::Rejected, &[]),
        (S::RequiresConfirmation, &[S::Processing, S::Canceled]),
        (
            S::Processing,
            &[S::RequiresAction, S::Unknown, S::Conflicted, S::Authorized, S::Succeeded, S::Failed],
        ),
        (S::RequiresAction, &[S::Authorized, S::Succeeded, S::Failed, S::Canceled]),
        (S::Unknown, &[S::Conflicted, S::Authorized, S::Succeeded, S::Failed]),
        (S::Conflicted, &[S::Authorized, S::Succeeded, S::Failed]),
        (S::Authorized, &[S::PartiallyCaptured, S::Succeeded, S::Canceled, S::Expired]),
        (S::PartiallyCaptured, &[S::Succeeded, S::Canceled]),
        (S::Succeeded, &[]),
        (S::Failed, &[S::Processing, S::Canceled]),
        (S::Canceled, &[]),
        (S::Expired, &[]),
    ];

    #[test]
    fn payments_follow_the_arrows_and_nothing_else() {
        for (state, (from, arrows)) in S::ALL.into_iter().zip(ARROWS) {
            assert_eq!(state, from, "a row for each state");
            for next in S::ALL {
                assert_eq!(state.may_become(next), arrows.contains(&next), "{state:?} {next:?}");
                let became = state.become_state(next).map_err(|problem| problem.status());
                assert_eq!(became, if arrows.contains(&next) { Ok(next) } else { Err(409) });
            }
        }
    }

    #[test]
    fn a_state_has_one_name() {
        for state in S::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }

    #[test]
    fn what_a_provider_may_have_done_is_not_canceled() {
        for state in S::ALL {
            let open = matches!(state, S::Processing | S::Unknown | S::Conflicted);
            assert!(!open || state.canceled().is_err(), "{state:?}");
        }
    }
}
