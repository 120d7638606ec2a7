use std::collections::BTreeMap;

use super::{Dimension, Meter, Month, Series};

/// What a tenant used in one month, by meter and by the parts of each.
///
/// ```
/// use tenancy_core::usage::{Dimension, Meter, Series, Usage};
///
/// let reports = Dimension::from_static("reports");
/// let mut usage = Usage::new("2026-11".parse()?);
/// usage.add(&Meter::API_CALLS, 3);
/// usage.add_to(&Series::from(Meter::API_CALLS).by(reports.clone()), 4);
/// assert_eq!(usage.of(&Meter::API_CALLS), 7);
/// assert_eq!(usage.of_part(&Meter::API_CALLS, &reports), 4);
/// assert_eq!(usage.of(&Meter::TRANSACTIONS), 0);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    month: Month,
    counts: BTreeMap<Meter, Parts>,
}

/// What is not split stands under `None`.
type Parts = BTreeMap<Option<Dimension>, u64>;

impl Usage {
    /// The highest count: what fits into a signed 64-bit number of SQL and Redis. Counts stay
    /// there instead of going round.
    pub const MAX_COUNT: u64 = i64::MAX.unsigned_abs();

    /// Starts with nothing.
    pub const fn new(month: Month) -> Self {
        Self { month, counts: BTreeMap::new() }
    }

    /// Adds to a count that is not split, up to [`MAX_COUNT`](Self::MAX_COUNT).
    pub fn add(&mut self, meter: &Meter, count: u64) {
        self.add_part(meter, None, count);
    }

    /// Adds to a count, up to [`MAX_COUNT`](Self::MAX_COUNT).
    pub fn add_to(&mut self, series: &Series, count: u64) {
        self.add_part(series.meter(), series.dimension(), count);
    }

    fn add_part(&mut self, meter: &Meter, dimension: Option<&Dimension>, count: u64) {
        if !self.counts.contains_key(meter) {
            self.counts.insert(meter.clone(), Parts::new());
        }
        let Some(parts) = self.counts.get_mut(meter) else { return };
        let sum = parts.entry(dimension.cloned()).or_default();
        *sum = add(*sum, count);
    }

    /// Returns the month.
    pub const fn month(&self) -> Month {
        self.month
    }

    /// Returns the count of a meter with all its parts; zero when it never counted.
    pub fn of(&self, meter: &Meter) -> u64 {
        self.counts.get(meter).map_or(0, sum)
    }

    /// Returns the count of one part of a meter; zero when it never counted.
    pub fn of_part(&self, meter: &Meter, dimension: &Dimension) -> u64 {
        let parts = self.counts.get(meter);
        parts.and_then(|parts| parts.get(&Some(dimension.clone()))).copied().unwrap_or(0)
    }

    /// Returns all counts, by the meter's name.
    pub fn counts(&self) -> impl Iterator<Item = (&Meter, u64)> {
        self.counts.iter().map(|(meter, parts)| (meter, sum(parts)))
    }

    /// Returns the counts of all parts, by the meter's name; `None` is what is not split.
    pub fn parts(&self) -> impl Iterator<Item = (&Meter, Option<&Dimension>, u64)> {
        self.counts.iter().flat_map(|(meter, parts)| {
            parts.iter().map(move |(dimension, count)| (meter, dimension.as_ref(), *count))
        })
    }
}

fn sum(parts: &Parts) -> u64 {
    parts.values().fold(0, |sum, count| add(sum, *count))
}

fn add(sum: u64, count: u64) -> u64 {
    sum.saturating_add(count).min(Usage::MAX_COUNT)
}
