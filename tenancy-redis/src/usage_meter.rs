use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tenancy_core::usage::{Meter, Month, Usage, UsageMeter};
use tenancy_core::{Clock, Error, SystemClock, TenantId};

use crate::scripts::RECORD_USAGE;
use crate::transport::Request;
use crate::{RedisStore, keys};

/// A meter that all nodes share: a hash for each tenant and month.
///
/// The month is that of the node's clock, in UTC: around midnight of the first, a node whose
/// clock is off counts into the month beside. A month's counts live until 90 days after its
/// end. While Redis is away a count waits for it, for its
/// [patience](crate::RedisOptions::patience), and is then refused with an error and lost.
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
}

#[async_trait]
impl UsageMeter for RedisUsageMeter {
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        if counts.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let month = Month::of(now);
        // Counted from now: a clock that a test moves is not the server's.
        let lives = (month.kept_until() - now).whole_milliseconds().max(1);
        let mut request = Request::call(&RECORD_USAGE, 1);
        request.arg(keys::usage(tenant, month)).arg(i64::try_from(lives).unwrap_or(i64::MAX));
        for (meter, count) in counts {
            request.arg(meter.as_str()).arg((*count).min(Usage::MAX_COUNT));
        }
        let answer = self.store.send_patiently(&request).await;
        answer.map(drop).map_err(|failure| failure.into_error("record usage"))
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        let mut request = Request::command("HGETALL");
        request.arg(keys::usage(tenant, month));
        let answer = self.store.send(&request).await;
        let pairs = answer.and_then(super::transport::Reply::pairs);
        let mut usage = Usage::new(month);
        for (name, count) in pairs.map_err(|failure| failure.into_error("read usage"))? {
            usage.add(&Meter::parse(&name)?, count.try_into().unwrap_or(0));
        }
        Ok(usage)
    }
}

impl fmt::Debug for RedisUsageMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisUsageMeter").field("store", &self.store).finish_non_exhaustive()
    }
}
