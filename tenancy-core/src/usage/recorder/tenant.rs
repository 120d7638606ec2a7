use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::outgoing::Outgoing;
use super::stripes::Stripes;
use crate::TenantId;
use crate::usage::{BatchId, Dimension, Hour, Series, UsageBatch};

/// What is counted of one tenant, and what of it is on its way.
pub(super) struct TenantCounts {
    counters: HashMap<Series, Arc<Stripes>, RandomState>,
    /// When the counters were emptied last: what is in them is of this hour.
    hour: Hour,
    outgoing: Outgoing,
}

impl TenantCounts {
    /// The parts of meters that are kept apart; each costs some hundred bytes.
    pub(super) const MOST_SERIES: usize = 1_000;

    pub(super) fn new(tenant: TenantId, hour: Hour) -> Self {
        Self { counters: HashMap::default(), hour, outgoing: Outgoing::new(tenant) }
    }

    /// Returns the counter of a series, after what was counted in an earlier hour was set aside.
    pub(super) fn counter(&mut self, series: &Series, hour: Hour) -> &Arc<Stripes> {
        if self.hour != hour {
            self.empty(self.hour);
            self.hour = hour;
        }
        if !self.counters.contains_key(series) {
            let series = self.kept(series);
            return self.counters.entry(series).or_insert_with(|| Arc::new(Stripes::new()));
        }
        &self.counters[series]
    }

    /// A tenant that makes up parts without end fills nobody's memory.
    fn kept(&self, series: &Series) -> Series {
        if series.dimension().is_some() && self.counters.len() >= Self::MOST_SERIES {
            series.clone().by(Dimension::OTHER)
        } else {
            series.clone()
        }
    }

    /// Adds to a series; one that counts nothing is shown with zero.
    pub(super) fn count(&mut self, series: &Series, hour: Hour, count: u64) {
        if count == 0 {
            let series = self.kept(series);
            return self.outgoing.add(hour, &series, 0);
        }
        // Nearly always it is there.
        match self.counters.get(series).filter(|_| self.hour == hour) {
            Some(counter) => counter.add(count),
            None => self.counter(series, hour).add(count),
        }
    }

    /// Returns the batch to send now. What was counted is of the hour of the last look.
    pub(super) fn seal(
        &mut self,
        hour: Hour,
        name: impl FnOnce() -> BatchId,
    ) -> Option<UsageBatch> {
        self.empty(self.hour);
        self.hour = hour;
        self.outgoing.seal(name)
    }

    pub(super) fn settle(&mut self, id: BatchId) {
        self.outgoing.settle(id);
    }

    /// Forgets counters that nobody holds and that stand at zero; tells whether nothing is left.
    pub(super) fn forget_idle(&mut self) -> bool {
        let outgoing = &mut self.outgoing;
        let hour = self.hour;
        self.counters.retain(|series, stripes| {
            // Nobody can take one meanwhile: the tenant is locked. Unlike a look at its number of
            // owners, this sees what the last of them added.
            let held = Arc::get_mut(stripes).is_none();
            let count = stripes.drain();
            if count > 0 {
                outgoing.add(hour, series, count);
            }
            held || count > 0
        });
        self.counters.is_empty() && self.outgoing.is_empty()
    }

    fn empty(&mut self, hour: Hour) {
        for (series, stripes) in &self.counters {
            let count = stripes.drain();
            if count > 0 {
                self.outgoing.add(hour, series, count);
            }
        }
    }
}
