use time::OffsetDateTime;

use super::Series;

/// How much there was of something in a month: what was measured last, and the most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gauge {
    series: Series,
    last: i64,
    peak: i64,
    at: OffsetDateTime,
}

impl Gauge {
    /// Describes a gauge. Stores make them.
    pub const fn new(series: Series, last: i64, peak: i64, at: OffsetDateTime) -> Self {
        Self { series, last, peak, at }
    }

    /// Returns what is measured.
    pub const fn series(&self) -> &Series {
        &self.series
    }

    /// Returns what was measured last.
    pub const fn last(&self) -> i64 {
        self.last
    }

    /// Returns the most that was measured in the month.
    pub const fn peak(&self) -> i64 {
        self.peak
    }

    /// Returns when it was measured last.
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }
}
