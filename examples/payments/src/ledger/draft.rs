use serde::Serialize;
use tenancy_sqlx::TenantValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AccountCode, Side};
use crate::ids::EntryId;
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
    /// A provider has paid out.
    Settlement,
    /// A dispute: its opening, then its end.
    Dispute,
    /// A correction: what is taken back, then what is right.
    Correction,
}

impl CauseKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Settlement => "settlement",
            Self::Dispute => "dispute",
            Self::Correction => "correction",
        }
    }
}

/// An entry to be made: what moves, in one currency.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(super) cause: Cause,
    pub(super) currency: Currency,
    /// Of the entries of the cause.
    pub(super) sequence: i64,
    /// Why a correction is made.
    pub(super) reason_code: Option<&'static str>,
    /// The entry that it takes back.
    pub(super) reverses: Option<EntryId>,
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
        Self {
            cause,
            currency,
            sequence: 0,
            reason_code: None,
            reverses: None,
            legs: Vec::new(),
            released: None,
        }
    }

    pub(crate) fn debit(self, code: AccountCode, amount: i64) -> Self {
        self.leg(code, Side::Debit, amount)
    }

    pub(crate) fn credit(self, code: AccountCode, amount: i64) -> Self {
        self.leg(code, Side::Credit, amount)
    }

    /// Makes it another entry of the same cause.
    pub(crate) const fn nth(mut self, sequence: i64) -> Self {
        self.sequence = sequence;
        self
    }

    /// Says why a correction is made.
    pub(super) const fn because(mut self, reason_code: &'static str) -> Self {
        self.reason_code = Some(reason_code);
        self
    }

    /// Says which entry it takes back.
    pub(super) const fn reversing(mut self, entry: EntryId) -> Self {
        self.reverses = Some(entry);
        self
    }

    /// Nothing moves without an amount: such a leg is left out.
    pub(super) fn leg(mut self, code: AccountCode, side: Side, amount: i64) -> Self {
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
