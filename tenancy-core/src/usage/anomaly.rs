use std::fmt;
use std::sync::Arc;

use super::{AlertLog, Hour, Meter, UsageAlert, UsageHistory};
use crate::{Error, TenantId};

/// What makes an hour of a tenant unusual.
///
/// ```
/// use tenancy_core::usage::{AnomalyRule, Unusual};
///
/// let rule = AnomalyRule::new();
/// let habit = [900, 1_100, 1_000, 950, 0, 0, 1_000, 1_050];
/// assert_eq!(rule.habit(&habit, 4_000), None);
/// assert_eq!(rule.habit(&habit, 6_000), Some(Unusual::Habit { usual: 1_100, now: 6_000 }));
/// assert_eq!(rule.share(6_000, 8_000), Some(Unusual::Share { now: 6_000, whole: 8_000 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnomalyRule {
    times: u32,
    percent: u32,
    least: u64,
    hours: u32,
}

/// How an hour was unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusual {
    /// Far above what the tenant uses in its busy hours.
    Habit {
        /// What it uses in a busy hour.
        usual: u64,
        /// What it used now.
        now: u64,
    },
    /// More of the whole than its share.
    Share {
        /// What it used now.
        now: u64,
        /// What all used.
        whole: u64,
    },
}

impl AnomalyRule {
    /// Five times a busy hour of the last week, or more than half of the whole; from 1,000 on.
    pub const fn new() -> Self {
        Self { times: 5, percent: 50, least: 1_000, hours: 7 * 24 }
    }

    /// Sets how many times a busy hour is far above it.
    pub const fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Sets the percentage of the whole that is more than a share.
    pub const fn percent(self, percent: u32) -> Self {
        Self { percent, ..self }
    }

    /// Sets below which count nothing is unusual.
    pub const fn least(self, least: u64) -> Self {
        Self { least, ..self }
    }

    /// Sets how many hours make a habit; one week when not set.
    pub const fn hours(self, hours: u32) -> Self {
        Self { hours, ..self }
    }

    /// Compares an hour with those before it. Nineteen of twenty are below a busy one; of a tenant
    /// that used nothing before, nothing is known and nothing unusual.
    pub fn habit(&self, before: &[u64], now: u64) -> Option<Unusual> {
        let mut before = before.to_vec();
        before.sort_unstable();
        let busy = before.len().checked_sub(1)?.min(before.len() * 19 / 20);
        let usual = before[busy];
        let far = usual.saturating_mul(u64::from(self.times));
        (usual > 0 && now >= self.least && now > far).then_some(Unusual::Habit { usual, now })
    }

    /// Compares what one tenant used with what all did, itself included. One that is alone has no
    /// share to be above of.
    pub fn share(&self, now: u64, whole: u64) -> Option<Unusual> {
        let above = u128::from(now) * 100 > u128::from(whole) * u128::from(self.percent);
        (above && now >= self.least && now < whole).then_some(Unusual::Share { now, whole })
    }
}

impl Default for AnomalyRule {
    fn default() -> Self {
        Self::new()
    }
}

/// Looks at an hour of all tenants, and raises an alert for each unusual one, once.
pub struct AnomalyWatch {
    history: Arc<dyn UsageHistory>,
    alerts: Arc<dyn AlertLog>,
    rule: AnomalyRule,
}

impl AnomalyWatch {
    /// Watches with a rule.
    pub fn new(
        history: Arc<dyn UsageHistory>,
        alerts: Arc<dyn AlertLog>,
        rule: AnomalyRule,
    ) -> Self {
        Self { history, alerts, rule }
    }

    /// Looks at an hour, whether it has ended or not; returns the alerts that this call was the
    /// first to raise.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when a store does not answer.
    pub async fn look(
        &self,
        tenants: &[TenantId],
        meter: &Meter,
        hour: Hour,
    ) -> Result<Vec<UsageAlert>, Error> {
        let (mut used, mut raised) = (Vec::with_capacity(tenants.len()), Vec::new());
        for tenant in tenants {
            let from = hour.minus(self.rule.hours);
            let counts = self.history.hours(*tenant, meter, from..hour.next()).await?;
            let now = counts.iter().find(|(of, _)| *of == hour).map_or(0, |(_, count)| *count);
            // Hours without any count are part of a habit.
            let mut before = vec![0; usize::try_from(hour.number() - from.number()).unwrap_or(0)];
            let earlier = counts.iter().filter(|(of, _)| *of < hour);
            for (slot, (_, count)) in before.iter_mut().zip(earlier) {
                *slot = *count;
            }
            used.push((*tenant, now, self.rule.habit(&before, now)));
        }
        let whole = used.iter().fold(0_u64, |sum, (_, now, _)| sum.saturating_add(*now));
        for (tenant, now, habit) in used {
            for unusual in [habit, self.rule.share(now, whole)].into_iter().flatten() {
                let alert = UsageAlert::unusual(tenant, meter.clone(), hour, unusual);
                if self.alerts.raise(&alert).await? {
                    raised.push(alert);
                }
            }
        }
        Ok(raised)
    }
}

impl fmt::Debug for AnomalyWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnomalyWatch").field("rule", &self.rule).finish_non_exhaustive()
    }
}
