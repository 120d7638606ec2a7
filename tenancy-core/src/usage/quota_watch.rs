use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::{AlertLog, Meter, Month, UsageAlert, Used};
use crate::{Error, TenantId};

/// Raises an alert when a quota passes a threshold, once for each month.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::TenantId;
/// use tenancy_core::usage::{MemoryAlertLog, Meter, QuotaWatch, Used};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let watch = QuotaWatch::new(Arc::new(MemoryAlertLog::new()), [80, 100]);
/// let (harbor, month) = (TenantId::generate(), "2026-11".parse()?);
/// let look = async |used| {
///     let used = Used::new(used, Some(1_000));
///     watch.look(harbor, &Meter::TRANSACTIONS, month, used).await
/// };
/// assert!(look(799).await?.is_empty());
/// let raised = look(801).await?;
/// assert_eq!(raised[0].threshold(), "80%");
/// assert!(look(850).await?.is_empty());
/// assert_eq!(look(1_000).await?[0].threshold(), "100%");
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
pub struct QuotaWatch {
    alerts: Arc<dyn AlertLog>,
    thresholds: Vec<u16>,
    /// The highest threshold known to be raised: most looks need not ask the store.
    known: Mutex<HashMap<(TenantId, Meter), (Month, u16)>>,
}

/// What is remembered before it is begun anew; forgetting costs a question.
const REMEMBERED: usize = 100_000;

impl QuotaWatch {
    /// Watches for these percentages.
    pub fn new(alerts: Arc<dyn AlertLog>, percentages: impl IntoIterator<Item = u16>) -> Self {
        let mut thresholds: Vec<_> = percentages.into_iter().collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        Self { alerts, thresholds, known: Mutex::default() }
    }

    /// Looks at what is used, after it grew; returns the alerts that this call was the first to
    /// raise, on any node. Looking again later finds what a failed look has missed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the alerts cannot be kept.
    pub async fn look(
        &self,
        tenant: TenantId,
        meter: &Meter,
        month: Month,
        used: Used,
    ) -> Result<Vec<UsageAlert>, Error> {
        let Some(percent) = used.percent() else { return Ok(Vec::new()) };
        let passed = |threshold: &u16| u64::from(*threshold) * 100 <= percent.hundredths();
        let (key, mut raised) = ((tenant, meter.clone()), Vec::new());
        let known = self.known(&key, month);
        for threshold in self.thresholds.iter().copied().filter(passed) {
            if known.is_some_and(|known| threshold <= known) {
                continue;
            }
            let alert = UsageAlert::quota(tenant, meter.clone(), month, threshold);
            if self.alerts.raise(&alert).await? {
                raised.push(alert);
            }
            self.know(&key, month, threshold);
        }
        Ok(raised)
    }

    fn known(&self, key: &(TenantId, Meter), month: Month) -> Option<u16> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(of, _)| *of == month).map(|(_, threshold)| *threshold)
    }

    fn know(&self, key: &(TenantId, Meter), month: Month, threshold: u16) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key.clone(), (month, threshold));
    }
}

impl fmt::Debug for QuotaWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaWatch").field("thresholds", &self.thresholds).finish_non_exhaustive()
    }
}
