use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Hour, Meter, Month, Unusual};
use crate::{Error, TenantId};

/// Something about a tenant's usage that somebody should hear of, once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageAlert {
    tenant: TenantId,
    meter: Meter,
    period: String,
    threshold: String,
}

impl UsageAlert {
    /// A quota is used to so many percent in a month.
    pub fn quota(tenant: TenantId, meter: Meter, month: Month, percent: u16) -> Self {
        Self { tenant, meter, period: month.to_string(), threshold: format!("{percent}%") }
    }

    /// An hour was unusual.
    pub fn unusual(tenant: TenantId, meter: Meter, hour: Hour, unusual: Unusual) -> Self {
        let threshold = match unusual {
            Unusual::Habit { .. } => "above its habit",
            Unusual::Share { .. } => "above its share",
        };
        Self { tenant, meter, period: hour.to_string(), threshold: threshold.to_owned() }
    }

    /// Puts one together as it was stored.
    pub const fn from_parts(
        tenant: TenantId,
        meter: Meter,
        period: String,
        threshold: String,
    ) -> Self {
        Self { tenant, meter, period, threshold }
    }

    /// Returns whose usage it is.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns what was counted.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Returns the month or the hour, as they are written.
    pub fn period(&self) -> &str {
        &self.period
    }

    /// Returns what was passed: `80%`, `above its habit` or `above its share`.
    pub fn threshold(&self) -> &str {
        &self.threshold
    }
}

impl fmt::Display for UsageAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {}", self.meter, self.period, self.threshold)
    }
}

/// Keeps alerts: an alert of the same tenant, meter, period and threshold is raised once, on
/// whichever node.
///
/// What was raised stays untold until somebody [has told](Self::told) it: a process that dies in
/// between loses no alert.
#[async_trait]
pub trait AlertLog: Send + Sync + 'static {
    /// Keeps an alert; true for the first one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn raise(&self, alert: &UsageAlert) -> Result<bool, Error>;

    /// Returns the alerts of a tenant that were not told yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn untold(&self, tenant: TenantId) -> Result<Vec<UsageAlert>, Error>;

    /// Notes that an alert was told to whom it concerns; true for the first who says so.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn told(&self, alert: &UsageAlert) -> Result<bool, Error>;
}

#[async_trait]
impl<T: AlertLog + ?Sized> AlertLog for Arc<T> {
    async fn raise(&self, alert: &UsageAlert) -> Result<bool, Error> {
        (**self).raise(alert).await
    }

    async fn untold(&self, tenant: TenantId) -> Result<Vec<UsageAlert>, Error> {
        (**self).untold(tenant).await
    }

    async fn told(&self, alert: &UsageAlert) -> Result<bool, Error> {
        (**self).told(alert).await
    }
}

/// Alerts in memory, for tests and programs of one process.
#[derive(Debug, Default)]
pub struct MemoryAlertLog(Mutex<BTreeMap<UsageAlert, bool>>);

impl MemoryAlertLog {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl AlertLog for MemoryAlertLog {
    async fn raise(&self, alert: &UsageAlert) -> Result<bool, Error> {
        let mut alerts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !alerts.contains_key(alert);
        alerts.entry(alert.clone()).or_insert(false);
        Ok(first)
    }

    async fn untold(&self, tenant: TenantId) -> Result<Vec<UsageAlert>, Error> {
        let alerts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = alerts.iter().filter(|(alert, told)| alert.tenant == tenant && !**told);
        Ok(untold.map(|(alert, _)| alert.clone()).collect())
    }

    async fn told(&self, alert: &UsageAlert) -> Result<bool, Error> {
        let mut alerts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = alerts.get_mut(alert).is_some_and(|told| !std::mem::replace(told, true));
        Ok(told)
    }
}
