use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Arrival, Delivered, Hour, Meter, Month, Series, Usage, UsageBatch, UsageHistory, UsageMeter,
    UsageSink,
};
use crate::{Clock, Error, TenantId};

/// A meter in memory, for tests and programs of one process. Its counts end with the process.
///
/// A month is kept until 90 days after its end, as everywhere.
pub struct MemoryUsageMeter {
    clock: Arc<dyn Clock>,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    months: BTreeMap<Month, HashMap<TenantId, Usage>>,
    hours: BTreeMap<Hour, HashMap<(TenantId, Meter), u64>>,
    /// The last sequence of each run of a producer.
    sequences: HashMap<(TenantId, Uuid, u64), u64>,
}

impl MemoryUsageMeter {
    /// Makes a meter that takes the month from this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, counts: Mutex::default() }
    }

    fn add(&self, tenant: TenantId, counts: &[(Meter, u64)]) {
        let hour = Hour::current(&*self.clock);
        let mut all = self.lock();
        all.begin(&*self.clock);
        for (meter, count) in counts {
            all.add(tenant, hour, hour.month(), &Series::from(meter.clone()), *count);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, tenant: TenantId, hour: Hour, month: Month, series: &Series, count: u64) {
        let usage = self.months.entry(month).or_default().entry(tenant);
        usage.or_insert_with(|| Usage::new(month)).add_to(series, count);
        let meters = self.hours.entry(hour).or_default();
        let sum = meters.entry((tenant, series.meter().clone())).or_default();
        *sum = sum.saturating_add(count).min(Usage::MAX_COUNT);
    }

    /// Forgets old months, when a new one begins.
    fn begin(&mut self, clock: &dyn Clock) {
        let now = clock.now();
        if !self.months.contains_key(&Month::of(now)) {
            self.months.retain(|month, _| month.kept_until() > now);
            self.hours.retain(|hour, _| hour.month().kept_until() > now);
        }
    }
}

#[async_trait]
impl UsageMeter for MemoryUsageMeter {
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        self.add(tenant, counts);
        Ok(())
    }

    fn try_record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Option<Result<(), Error>> {
        self.add(tenant, counts);
        Some(Ok(()))
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        let kept = month.kept_until() > self.clock.now();
        let found = self.lock().months.get(&month).and_then(|all| all.get(&tenant)).cloned();
        Ok(found.filter(|_| kept).unwrap_or_else(|| Usage::new(month)))
    }
}

#[async_trait]
impl UsageSink for MemoryUsageMeter {
    /// What belongs to a closed month is not kept: memory has no adjustments.
    async fn deliver(&self, batch: &UsageBatch) -> Result<Delivered, Error> {
        let (id, now) = (batch.id(), self.clock.now());
        let mut belongs = Vec::new();
        for (hour, series, count) in batch.counts() {
            if let Arrival::Counts(month) = Arrival::of(hour.start(), now)? {
                belongs.push((hour, month, series, count));
            }
        }
        let mut all = self.lock();
        let run = (batch.tenant(), id.producer(), id.epoch());
        let last = all.sequences.entry(run).or_default();
        if *last >= id.sequence() {
            return Ok(Delivered::Duplicate);
        }
        *last = id.sequence();
        all.begin(&*self.clock);
        for (hour, month, series, count) in belongs {
            all.add(batch.tenant(), hour, month, series, count);
        }
        Ok(Delivered::Counted)
    }
}

#[async_trait]
impl UsageHistory for MemoryUsageMeter {
    async fn hours(
        &self,
        tenant: TenantId,
        meter: &Meter,
        hours: Range<Hour>,
    ) -> Result<Vec<(Hour, u64)>, Error> {
        if hours.is_empty() {
            return Ok(Vec::new());
        }
        let (all, key) = (self.lock(), (tenant, meter.clone()));
        let hours = all.hours.range(hours);
        Ok(hours.filter_map(|(hour, meters)| Some((*hour, *meters.get(&key)?))).collect())
    }
}

impl fmt::Debug for MemoryUsageMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryUsageMeter").field("clock", &self.clock).finish_non_exhaustive()
    }
}
