use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenancy_core::usage::{Exceeded, Meter, Month, QuotaMeter, Reservation, Reserved};
use tenancy_core::{Allowance, Clock, Error, ErrorKind, SystemClock, TenantId};

use crate::request::Request;
use crate::scripts::{END_QUOTA, RESERVE_QUOTA};
use crate::{RedisStore, keys};

/// Quotas that all nodes share, each decided by one script: parallel requests never exceed a
/// limit together.
///
/// While Redis is away nobody can decide: `reserve` is an error, within the
/// [deadline](crate::RedisOptions::deadline). **A Redis that loses its memory forgets what was
/// used**: where that must not happen, keep quotas in SQL. Counts end at 2^53, where a script
/// stops counting exactly; what would pass that is exceeded. The time is that of the node's
/// clock. A month's keys live until 90 days after its end.
///
/// ```no_run
/// use tenancy_redis::{RedisOptions, RedisQuotaMeter, RedisStore};
///
/// let quotas = RedisQuotaMeter::new(RedisStore::open("redis://127.0.0.1", RedisOptions::new())?);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
pub struct RedisQuotaMeter {
    store: RedisStore,
    clock: Arc<dyn Clock>,
    hold_for: Duration,
}

/// What a number of a script holds exactly.
const MOST: u64 = (1 << 53) - 1;

impl RedisQuotaMeter {
    /// Makes a meter over a store, that holds a reservation for 5 minutes.
    pub fn new(store: RedisStore) -> Self {
        Self::with_clock(store, Arc::new(SystemClock))
    }

    /// Makes a meter that takes the time from this clock.
    pub fn with_clock(store: RedisStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, hold_for: Duration::from_mins(5) }
    }

    /// Sets how long a reservation is held: longer than the longest piece of work.
    pub fn hold_for(mut self, longest: Duration) -> Self {
        self.hold_for = longest;
        self
    }

    fn millis(&self) -> i64 {
        self.clock.now_micros() / 1_000
    }

    async fn end(&self, reservation: &Reservation, actual: u64) -> Result<bool, Error> {
        let mut request = Request::call(&END_QUOTA, 2);
        let [quota, holds] =
            keys::quota(reservation.tenant(), reservation.month(), reservation.meter());
        request.arg(quota).arg(holds);
        request.arg(self.millis()).arg(reservation.id().to_string()).arg(actual);
        let answer = self.store.send(&request).await;
        let ended = answer.and_then(super::request::Reply::integer);
        Ok(ended.map_err(|failure| failure.into_error("end a reservation"))? == 1)
    }
}

#[async_trait]
impl QuotaMeter for RedisQuotaMeter {
    async fn reserve(
        &self,
        tenant: TenantId,
        meter: &Meter,
        amount: u64,
        limit: Allowance,
    ) -> Result<Reserved, Error> {
        const DOING: &str = "reserve of a quota";
        let now = self.clock.now();
        let month = Month::of(now);
        let most = limit.limit().unwrap_or(MOST);
        let reservation = Reservation::new(tenant, meter.clone(), month, amount);
        let lives = (month.kept_until() - now).whole_milliseconds().max(1);
        let hold_for = i64::try_from(self.hold_for.as_millis()).unwrap_or(i64::MAX);
        let until = self.millis().saturating_add(hold_for);
        let [quota, holds] = keys::quota(tenant, month, meter);
        let mut request = Request::call(&RESERVE_QUOTA, 2);
        request.arg(quota).arg(holds).arg(i64::try_from(lives).unwrap_or(i64::MAX));
        request.arg(self.millis()).arg(reservation.id().to_string());
        // Two numbers above 2^53 could look alike to the script.
        request.arg(amount.min(MOST + 1)).arg(most.min(MOST)).arg(until);
        let answer = self.store.send(&request).await;
        let answer = answer.and_then(super::request::Reply::integers);
        match answer.map_err(|failure| failure.into_error(DOING))?[..] {
            [1, _] => Ok(Reserved::Held(reservation)),
            [0, taken] => {
                let taken = u64::try_from(taken).unwrap_or(0);
                Ok(Reserved::Exceeded(Exceeded::new(taken, most, month)))
            }
            _ => Err(Error::new(ErrorKind::Unavailable, DOING)),
        }
    }

    async fn commit(&self, reservation: &Reservation, actual: u64) -> Result<bool, Error> {
        reservation.check(actual)?;
        self.end(reservation, actual).await
    }

    async fn release(&self, reservation: &Reservation) -> Result<(), Error> {
        self.end(reservation, 0).await.map(drop)
    }

    async fn used(&self, tenant: TenantId, meter: &Meter) -> Result<u64, Error> {
        let [quota, _] = keys::quota(tenant, Month::current(&*self.clock), meter);
        let mut request = Request::command("HMGET");
        request.key(quota).arg("used");
        let answer = self.store.send(&request).await;
        let values = answer.and_then(super::request::Reply::values);
        let values = values.map_err(|failure| failure.into_error("read a quota"))?;
        let used = values.into_iter().flatten().next();
        Ok(used.and_then(|used| String::from_utf8(used).ok()?.parse().ok()).unwrap_or(0))
    }
}

impl fmt::Debug for RedisQuotaMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQuotaMeter").field("store", &self.store).finish_non_exhaustive()
    }
}
