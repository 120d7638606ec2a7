use serde::Deserialize;
use tenancy_core::{List, Problem};
use tenancy_sqlx::TenantTx;
use utoipa::ToSchema;

use super::Payment;
use super::captures::{Capture, CaptureState};
use super::refunds::{Refund, RefundState};
use super::step::Halt;
use crate::line::Line;
use crate::money::Amount;

/// What a person has found out of something that a provider was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FoundOut {
    /// It was done. Of an attempt: the payer's money is reserved, or taken, as the capture mode says.
    Succeeded,
    /// It was not done, and will not be.
    Failed,
}

/// Why something failed of which a person says that it was not done.
pub(super) const NOT_DONE: &str = "not_done";

/// What a person has found out of a capture or a refund of which its provider did something else
/// than it was asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdict {
    outcome: FoundOut,
    /// How much it was, of what succeeded: at most what was asked for.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, example = 3999)]
    amount: Option<Amount>,
    /// How one knows.
    #[schema(value_type = String, min_length = 1, max_length = 2000,
        example = "statement of 1 December, line 17")]
    evidence: Line<2000>,
}

impl Verdict {
    /// Returns how much was done of what was asked for; `None` when nothing was.
    ///
    /// # Errors
    ///
    /// 422 `field_invalid`.
    pub(super) fn done(&self, asked: Amount) -> Result<Option<Amount>, Problem> {
        match (self.outcome, self.amount) {
            (FoundOut::Failed, None) => Ok(None),
            (FoundOut::Failed, Some(_)) => Err(invalid("of what failed there is none")),
            (FoundOut::Succeeded, Some(amount)) if amount.units() <= asked.units() => {
                Ok(Some(amount))
            }
            (FoundOut::Succeeded, Some(_)) => Err(invalid("it is more than was asked for")),
            (FoundOut::Succeeded, None) => Err(invalid("say how much it was")),
        }
    }

    /// Returns how one knows.
    pub(super) fn evidence(&self) -> String {
        self.evidence.as_ref().to_owned()
    }
}

/// Notes that one thing less of a payment has to be decided: when it was the last, nothing has.
pub(super) async fn decided(tx: &mut TenantTx, payment: &mut Payment) -> Result<(), Halt> {
    let captures =
        Capture::PAYMENT_ID.eq(payment.id).and(Capture::STATE.eq(CaptureState::Conflicted));
    let refunds = Refund::PAYMENT_ID.eq(payment.id).and(Refund::STATE.eq(RefundState::Conflicted));
    let captures = tx.repo::<Capture>().list(List::oldest(2).filter(captures)).await?.items;
    let refunds = tx.repo::<Refund>().list(List::oldest(2).filter(refunds)).await?.items;
    // The one that is being decided is among them.
    if captures.len() + refunds.len() <= 1 {
        payment.needs_decision_since = None;
    }
    Ok(())
}

/// There is nothing to settle.
pub(super) fn settled() -> Problem {
    Problem::new(409, "outcome_known", "What has become of it is known")
}

fn invalid(detail: &'static str) -> Problem {
    Problem::new(422, "field_invalid", "A field is not valid")
        .with_param("amount")
        .with_detail(detail)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_verdict_says_how_much_was_done() {
        let of = |outcome: &str, amount: Option<i64>| {
            let verdict = json!({ "outcome": outcome, "amount": amount, "evidence": "line 17" });
            let verdict: Verdict = serde_json::from_value(verdict).unwrap();
            let done = verdict.done(Amount::new(100).unwrap());
            done.map(|done| done.map(Amount::units)).map_err(|problem| problem.status())
        };
        assert_eq!(of("failed", None), Ok(None));
        assert_eq!(of("failed", Some(1)), Err(422));
        assert_eq!(of("succeeded", None), Err(422));
        assert_eq!(of("succeeded", Some(99)), Ok(Some(99)));
        assert_eq!(of("succeeded", Some(100)), Ok(Some(100)));
        assert_eq!(of("succeeded", Some(101)), Err(422));
    }
}
