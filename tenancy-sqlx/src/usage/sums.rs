//! What a transaction adds where, each row once and in one order: then no two of them deadlock.

use std::collections::BTreeMap;

use tenancy_core::Error;
use tenancy_core::usage::{Arrival, Hour, Meter, Month, Series, Usage, UsageBatch};
use time::OffsetDateTime;

/// Sums by the row they go to.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) totals: BTreeMap<(Month, Series), u64>,
    pub(super) hours: BTreeMap<(Meter, Hour), u64>,
    /// What comes after its month was closed.
    pub(super) late: BTreeMap<(Month, Series), u64>,
}

impl Sums {
    /// Sorts what a batch counts by where it belongs now.
    pub(super) fn of(batch: &UsageBatch, now: OffsetDateTime) -> Result<Self, Error> {
        let mut sums = Self::default();
        for (hour, series, count) in batch.counts() {
            let arrival = Arrival::of(hour.start(), now)?;
            sums.add_arrived(arrival, hour, series, count);
        }
        Ok(sums)
    }

    /// Adds what happened in an hour where it belongs.
    pub(super) fn add_arrived(
        &mut self,
        arrival: Arrival,
        hour: Hour,
        series: &Series,
        count: u64,
    ) {
        match arrival {
            Arrival::Counts(_) => self.add(hour, series, count),
            Arrival::Adjusts(month) => add(self.late.entry((month, series.clone())), count),
        }
    }

    /// Adds to the total of the hour's month, and to the hour.
    pub(super) fn add(&mut self, hour: Hour, series: &Series, count: u64) {
        add(self.totals.entry((hour.month(), series.clone())), count);
        add(self.hours.entry((series.meter().clone(), hour)), count);
    }
}

fn add<K: Ord>(entry: std::collections::btree_map::Entry<'_, K, u64>, count: u64) {
    let sum = entry.or_default();
    *sum = sum.saturating_add(count).min(Usage::MAX_COUNT);
}
