use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tenancy_core::usage::{
    Arrival, Delivered, Meter, Month, Series, Usage, UsageBatch, UsageMeter, UsageSink,
};
use tenancy_core::{Clock, Error, SystemClock, TenantId};

use crate::request::Request;
use crate::scripts::{DELIVER_USAGE, RECORD_USAGE};
use crate::{RedisStore, keys, usage_field};

/// A meter that all nodes share: a hash for each tenant and month.
///
/// The month is that of the node's clock, in UTC: around midnight of the first, a node whose
/// clock is off counts into the month beside. A month's counts live until 90 days after its
/// end. While Redis is away a count waits for it, for its
/// [patience](crate::RedisOptions::patience), and is then refused with an error and lost. A
/// batch that is delivered is not: whoever delivers it does so again.
///
/// It keeps no adjustments: what arrives after its month was closed counts in SQL alone.
///
/// ```no_run
/// use tenancy_redis::{RedisOptions, RedisStore, RedisUsageMeter};
///
/// let meter = RedisUsageMeter::new(RedisStore::open("redis://127.0.0.1", RedisOptions::new())?);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
pub struct RedisUsageMeter {
    store: RedisStore,
    clock: Arc<dyn Clock>,
}

impl RedisUsageMeter {
    /// Makes a meter over a store.
    pub fn new(store: RedisStore) -> Self {
        Self::with_clock(store, Arc::new(SystemClock))
    }

    /// Makes a meter that takes the month from this clock.
    pub fn with_clock(store: RedisStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    pub(crate) const fn store(&self) -> &RedisStore {
        &self.store
    }

    /// How many milliseconds the counts of a month live from now: a clock that a test moves is
    /// not the server's.
    pub(crate) fn lives(&self, month: Month) -> i64 {
        let lives = (month.kept_until() - self.clock.now()).whole_milliseconds().max(1);
        i64::try_from(lives).unwrap_or(i64::MAX)
    }
}

#[async_trait]
impl UsageMeter for RedisUsageMeter {
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        if counts.is_empty() {
            return Ok(());
        }
        let month = Month::current(&*self.clock);
        let mut request = Request::call(&RECORD_USAGE, 1);
        request.arg(keys::usage(tenant, month)).arg(self.lives(month));
        for (meter, count) in counts {
            request.arg(meter.as_str()).arg((*count).min(Usage::MAX_COUNT));
        }
        let answer = self.store.send_patiently(&request).await;
        answer.map(drop).map_err(|failure| failure.into_error("record usage"))
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        let mut request = Request::command("HGETALL");
        request.key(keys::usage(tenant, month));
        let answer = self.store.send(&request).await;
        let pairs = answer.and_then(super::request::Reply::pairs);
        let mut usage = Usage::new(month);
        for (field, count) in pairs.map_err(|failure| failure.into_error("read usage"))? {
            if let Some(series) = usage_field::series(&field)? {
                usage.add_to(&series, count.try_into().unwrap_or(0));
            }
        }
        Ok(usage)
    }
}

#[async_trait]
impl UsageSink for RedisUsageMeter {
    /// One step for each month in the batch. When one fails, those before it know the batch again.
    async fn deliver(&self, batch: &UsageBatch) -> Result<Delivered, Error> {
        let mut months: BTreeMap<Month, BTreeMap<&Series, u64>> = BTreeMap::new();
        let now = self.clock.now();
        for (hour, series, count) in batch.counts() {
            if let Arrival::Counts(month) = Arrival::of(hour.start(), now)? {
                let sum = months.entry(month).or_default().entry(series).or_default();
                *sum = sum.saturating_add(count).min(Usage::MAX_COUNT);
            }
        }
        let mut delivered = Delivered::Duplicate;
        for (month, counts) in months {
            let mut request = Request::call(&DELIVER_USAGE, 1);
            request.arg(keys::usage(batch.tenant(), month)).arg(self.lives(month));
            request.arg(usage_field::of_run(batch.id())).arg(batch.id().sequence());
            for (series, count) in counts {
                request.arg(usage_field::of_series(series)).arg(count);
            }
            let answer = self.store.send_patiently(&request).await;
            let added = answer.and_then(super::request::Reply::integer);
            if added.map_err(|failure| failure.into_error("take a batch of usage"))? == 1 {
                delivered = Delivered::Counted;
            }
        }
        Ok(delivered)
    }
}

impl fmt::Debug for RedisUsageMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisUsageMeter").field("store", &self.store).finish_non_exhaustive()
    }
}
