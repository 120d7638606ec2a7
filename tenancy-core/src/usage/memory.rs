use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Meter, Month, Usage, UsageMeter};
use crate::{Clock, Error, TenantId};

/// A meter in memory, for tests and programs of one process. Its counts end with the process.
///
/// A month is kept until 90 days after its end, as everywhere.
pub struct MemoryUsageMeter {
    clock: Arc<dyn Clock>,
    months: Mutex<BTreeMap<Month, HashMap<TenantId, Usage>>>,
}

impl MemoryUsageMeter {
    /// Makes a meter that takes the month from this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, months: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Month, HashMap<TenantId, Usage>>> {
        self.months.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl UsageMeter for MemoryUsageMeter {
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        let month = Month::current(&*self.clock);
        let mut months = self.lock();
        if !months.contains_key(&month) {
            let now = self.clock.now();
            months.retain(|month, _| month.kept_until() > now);
        }
        let usage = months.entry(month).or_default().entry(tenant);
        let usage = usage.or_insert_with(|| Usage::new(month));
        for (meter, count) in counts {
            usage.add(meter, *count);
        }
        Ok(())
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        let kept = month.kept_until() > self.clock.now();
        let found = self.lock().get(&month).and_then(|tenants| tenants.get(&tenant)).cloned();
        Ok(found.filter(|_| kept).unwrap_or_else(|| Usage::new(month)))
    }
}

impl fmt::Debug for MemoryUsageMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryUsageMeter").field("clock", &self.clock).finish_non_exhaustive()
    }
}
