use serde::Serialize;

use super::{Meter, Month, Usage, Used};
use crate::Allowance;

/// What a tenant used in a month beside what it may use: what a page or an API shows.
///
/// ```
/// use tenancy_core::Allowance;
/// use tenancy_core::usage::{Meter, Usage, UsageSummary};
///
/// let mut usage = Usage::new("2026-11".parse()?);
/// usage.add(&Meter::TRANSACTIONS, 948);
/// let limits = [
///     (Meter::TRANSACTIONS, Allowance::AtMost(1_000)),
///     (Meter::API_CALLS, Allowance::Unlimited),
/// ];
/// let summary = UsageSummary::new(&usage, limits);
/// assert_eq!(
///     serde_json::to_value(&summary).unwrap(),
///     serde_json::json!({
///         "month": "2026-11",
///         "meters": [
///             {
///                 "meter": "transactions", "used": 948, "limit": 1000, "remaining": 52,
///                 "percentage": 94.8,
///             },
///             {
///                 "meter": "api_calls", "used": 0, "limit": null, "remaining": null,
///                 "percentage": null,
///             },
///         ],
///     }),
/// );
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageSummary {
    month: Month,
    meters: Vec<SummaryLine>,
}

/// One meter of a [`UsageSummary`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SummaryLine {
    meter: Meter,
    #[serde(flatten)]
    used: Used,
}

impl UsageSummary {
    /// Puts the counts of these meters, in this order, beside their limits.
    pub fn new(usage: &Usage, limits: impl IntoIterator<Item = (Meter, Allowance)>) -> Self {
        let line = |(meter, allowance): (Meter, Allowance)| {
            let used = Used::new(usage.of(&meter), allowance.limit());
            SummaryLine { meter, used }
        };
        Self { month: usage.month(), meters: limits.into_iter().map(line).collect() }
    }

    /// Returns the month.
    pub const fn month(&self) -> Month {
        self.month
    }

    /// Returns a line for each meter.
    pub fn meters(&self) -> &[SummaryLine] {
        &self.meters
    }
}

impl SummaryLine {
    /// Returns the meter.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Returns what is used, beside the limit.
    pub const fn used(&self) -> Used {
        self.used
    }
}
