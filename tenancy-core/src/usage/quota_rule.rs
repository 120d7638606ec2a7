use super::Used;
use crate::Allowance;

/// What happens where a quota ends.
///
/// ```
/// use tenancy_core::Allowance;
/// use tenancy_core::usage::QuotaRule;
///
/// let thousand = Allowance::AtMost(1_000);
/// assert_eq!(QuotaRule::hard(thousand).reserves(), thousand);
/// assert_eq!(QuotaRule::soft(thousand).reserves(), Allowance::Unlimited);
/// let overage = QuotaRule::overage(thousand, Allowance::AtMost(200));
/// assert_eq!(overage.reserves(), Allowance::AtMost(1_200));
/// assert_eq!(overage.beyond(1_150), 150);
/// assert_eq!(overage.used(1_150).percent().unwrap().to_string(), "115.00");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaRule {
    limit: Allowance,
    reserves: Allowance,
}

impl QuotaRule {
    /// Refuses what goes beyond the limit.
    pub const fn hard(limit: Allowance) -> Self {
        Self { limit, reserves: limit }
    }

    /// Refuses nothing; the limit is what percentages and alerts go by.
    pub const fn soft(limit: Allowance) -> Self {
        Self { limit, reserves: Allowance::Unlimited }
    }

    /// Lets a tenant go so far beyond the limit; what is beyond is [billed](Self::beyond).
    pub const fn overage(limit: Allowance, further: Allowance) -> Self {
        let reserves = match (limit, further) {
            (Allowance::AtMost(limit), Allowance::AtMost(further)) => {
                Allowance::AtMost(limit.saturating_add(further))
            }
            _ => Allowance::Unlimited,
        };
        Self { limit, reserves }
    }

    /// Returns the limit.
    pub const fn limit(self) -> Allowance {
        self.limit
    }

    /// Returns what to give to [`QuotaMeter::reserve`](super::QuotaMeter::reserve).
    pub const fn reserves(self) -> Allowance {
        self.reserves
    }

    /// Returns what is used beside the limit.
    pub const fn used(self, used: u64) -> Used {
        Used::new(used, self.limit.limit())
    }

    /// Returns how much of what is used lies beyond the limit.
    pub const fn beyond(self, used: u64) -> u64 {
        match self.limit {
            Allowance::AtMost(limit) => used.saturating_sub(limit),
            Allowance::Unlimited => 0,
        }
    }
}
