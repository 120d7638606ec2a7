use serde::Serialize;
use tenancy_sqlx::TenantValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AccountCode, Side};
use crate::money::Currency;

/// Why an entry was made. One cause makes at most one entry of a sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) kind: CauseKind,
    pub(crate) id: Uuid,
}

/// What kind of thing makes entries and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TenantValue, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CauseKind {
    /// An attempt that a provider authorized; it makes a hold.
    Attempt,
    /// A capture.
    Capture,
    /// A refund; it makes a hold, then an entry.
    Refund,
}

/// An entry to be made: what moves, in one currency.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(super) cause: Cause,
    pub(super) currency: Currency,
    pub(super) legs: Vec<Leg>,
    /// What was reserved for this entry, and is no more.
    pub(super) released: Option<(AccountCode, i64)>,
}

/// A posting to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) code: AccountCode,
    pub(super) side: Side,
    pub(super) amount: i64,
}

impl Draft {
    pub(crate) const fn new(cause: Cause, currency: Currency) -> Self {
        Self { cause, currency, legs: Vec::new(), released: None }
    }

    pub(crate) fn debit(self, code: AccountCode, amount: i64) -> Self {
        self.leg(code, Side::Debit, amount)
    }

    pub(crate) fn credit(self, code: AccountCode, amount: i64) -> Self {
        self.leg(code, Side::Credit, amount)
    }

    /// Nothing moves without an amount: such a leg is left out.
    fn leg(mut self, code: AccountCode, side: Side, amount: i64) -> Self {
        if amount != 0 {
            self.legs.push(Leg { code, side, amount });
        }
        self
    }

    /// Gives back what was reserved on an account, in the same step.
    pub(crate) const fn releasing(mut self, code: AccountCode, amount: i64) -> Self {
        self.released = Some((code, amount));
        self
    }

    /// Tells whether it may be posted: two legs or more, all positive, debits equal to credits.
    pub(super) fn is_balanced(&self) -> bool {
        let sum = |side| -> i128 {
            let legs = self.legs.iter().filter(|leg| leg.side == side);
            legs.map(|leg| i128::from(leg.amount)).sum()
        };
        self.legs.len() >= 2
            && self.legs.iter().all(|leg| leg.amount > 0)
            && sum(Side::Debit) == sum(Side::Credit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let cause = Cause { kind: CauseKind::Capture, id: Uuid::now_v7() };
        Draft::new(cause, Currency::parse("USD").unwrap())
    }

    #[test]
    fn only_equal_sides_may_be_posted() {
        let captured = draft()
            .debit(AccountCode::PspReceivable, 10_000)
            .credit(AccountCode::MerchantPending, 9_680)
            .credit(AccountCode::FeeIncome, 320);
        assert!(captured.is_balanced());
        assert!(!captured.clone().credit(AccountCode::FeeIncome, 1).is_balanced());
        assert!(!draft().is_balanced(), "nothing");
        assert!(!draft().debit(AccountCode::FeeIncome, 5).is_balanced(), "one side");
        let turned = draft().debit(AccountCode::FeeIncome, -5).credit(AccountCode::FeeIncome, -5);
        assert!(!turned.is_balanced(), "what is negative stands on the other side");
    }

    #[test]
    fn a_leg_without_an_amount_is_none() {
        let small = draft()
            .debit(AccountCode::PspReceivable, 1)
            .credit(AccountCode::MerchantPending, 0)
            .credit(AccountCode::FeeIncome, 1);
        assert!(small.is_balanced());
        assert_eq!(small.legs.len(), 2);
    }

    #[test]
    fn large_sums_do_not_wrap() {
        let most = draft()
            .debit(AccountCode::PspReceivable, i64::MAX)
            .debit(AccountCode::PspReceivable, i64::MAX)
            .credit(AccountCode::FeeIncome, i64::MAX)
            .credit(AccountCode::MerchantPending, i64::MAX);
        assert!(most.is_balanced());
    }
}
