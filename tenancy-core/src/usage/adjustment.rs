use time::OffsetDateTime;

use super::Series;

/// What came to light about a month after it was closed. The month's total does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    series: Series,
    amount: i64,
    reason: String,
    at: OffsetDateTime,
}

impl Adjustment {
    /// Describes an adjustment. Stores make them.
    pub const fn new(series: Series, amount: i64, reason: String, at: OffsetDateTime) -> Self {
        Self { series, amount, reason, at }
    }

    /// Returns what was to be counted differently.
    pub const fn series(&self) -> &Series {
        &self.series
    }

    /// Returns by how much: above zero when more was used than the total says.
    pub const fn amount(&self) -> i64 {
        self.amount
    }

    /// Returns why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns when it came to light.
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }
}
