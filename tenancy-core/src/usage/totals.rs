use std::collections::BTreeMap;

use super::{Meter, Month};

/// What a tenant used in one month, by meter.
///
/// ```
/// use tenancy_core::usage::{Meter, Usage};
///
/// let mut usage = Usage::new("2026-11".parse()?);
/// usage.add(&Meter::API_CALLS, 3);
/// assert_eq!(usage.of(&Meter::API_CALLS), 3);
/// assert_eq!(usage.of(&Meter::TRANSACTIONS), 0);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    month: Month,
    counts: BTreeMap<Meter, u64>,
}

impl Usage {
    /// The highest count: what fits into a signed 64-bit number of SQL and Redis. Counts stay
    /// there instead of going round.
    pub const MAX_COUNT: u64 = i64::MAX.unsigned_abs();

    /// Starts with nothing.
    pub const fn new(month: Month) -> Self {
        Self { month, counts: BTreeMap::new() }
    }

    /// Adds to a count, up to [`MAX_COUNT`](Self::MAX_COUNT).
    pub fn add(&mut self, meter: &Meter, count: u64) {
        if let Some(sum) = self.counts.get_mut(meter) {
            *sum = sum.saturating_add(count).min(Self::MAX_COUNT);
        } else {
            self.counts.insert(meter.clone(), count.min(Self::MAX_COUNT));
        }
    }

    /// Returns the month.
    pub const fn month(&self) -> Month {
        self.month
    }

    /// Returns the count of a meter; zero when it never counted.
    pub fn of(&self, meter: &Meter) -> u64 {
        self.counts.get(meter).copied().unwrap_or(0)
    }

    /// Returns all counts, by the meter's name.
    pub fn counts(&self) -> impl Iterator<Item = (&Meter, u64)> {
        self.counts.iter().map(|(meter, count)| (meter, *count))
    }
}
