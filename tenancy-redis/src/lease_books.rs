use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenancy_core::limit::lease::{LeaseAsk, LeaseBooks, LeaseGrant, LeaseTerms};
use tenancy_core::{Clock, Error, TenantId};

use crate::failure::{Cause, Failure};
use crate::request::Request;
use crate::scripts::RENEW_LEASES;
use crate::{RedisStore, keys};

/// The books of leased limits, shared by all nodes.
///
/// All limits of a request are settled in one script, in one round trip, by the clock of the
/// server. The leases must be gone before a server that lost something goes on: choose
/// [`strict`](Self::strict) where Redis may be restarted or replaced.
///
/// ```no_run
/// use tenancy_core::limit::lease::LeasedRateLimiter;
/// use tenancy_redis::{OnLoss, RedisLeaseBooks, RedisOptions, RedisRateLimiter, RedisStore};
///
/// let store = RedisStore::open("redis://127.0.0.1", RedisOptions::new())?;
/// let others = RedisRateLimiter::new(store.clone(), OnLoss::Closed);
/// let limiter = LeasedRateLimiter::new(RedisLeaseBooks::new(store).strict(), others);
/// # Ok::<(), tenancy_core::Error>(())
/// ```
pub struct RedisLeaseBooks {
    store: RedisStore,
    clock: Option<Arc<dyn Clock>>,
    is_strict: bool,
}

/// How much longer than it matters a book lives.
const GRACE: Duration = Duration::from_secs(1);
/// The same when a test's clock stands still while the server's runs.
const GRACE_OF_A_SIMULATION: Duration = Duration::from_mins(10);
/// How much longer than its books is known of which run they are.
const RUN_LIVES_ON: Duration = Duration::from_hours(24);

impl RedisLeaseBooks {
    /// Keeps books in a store.
    ///
    /// A book that Redis lost is as good as new: the bucket is full once more.
    pub fn new(store: RedisStore) -> Self {
        Self { store, clock: None, is_strict: false }
    }

    /// Makes books that take the time from a clock instead of the server; for tests.
    pub fn with_clock(store: RedisStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock: Some(clock), is_strict: false }
    }

    /// Trusts a book only when this server wrote it, since it started or took over.
    ///
    /// After a restart or a failover each bucket begins empty and fills from one lease's length
    /// later on: until then what the lost book had leased may still be spent. So the envelope
    /// holds whatever was lost. A tenant that is new to the server begins without its burst too,
    /// because nobody can tell it from one that was lost.
    ///
    /// A server that was replaced and still takes writes keeps books of its own: set
    /// `min-replicas-to-write`. A Redis that does not tell this user its `INFO replication` is
    /// refused.
    #[must_use]
    pub fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    fn request(&self, tenant: TenantId, terms: LeaseTerms, asks: &[LeaseAsk]) -> Request {
        let mut request = Request::call(&RENEW_LEASES, asks.len() + 1);
        request.arg(keys::lease_run(tenant));
        for ask in asks {
            request.arg(keys::lease_book(tenant, &ask.key));
        }
        let grace = if let Some(clock) = &self.clock {
            request.arg(clock.now_micros().max(0));
            GRACE_OF_A_SIMULATION
        } else {
            request.arg("");
            GRACE
        };
        let lives = |ask: &LeaseAsk| ask.bucket.time_to_full() + terms.length() * 3 + grace;
        let longest = asks.iter().map(lives).max().unwrap_or_default();
        request
            .arg(micros(terms.length()))
            .arg(i32::from(self.is_strict))
            .arg(millis(longest + RUN_LIVES_ON));
        for ask in asks {
            let (bucket, asked) = (ask.bucket, &ask.request);
            request.arg(bucket.burst().get()).arg(bucket.n().get()).arg(micros(bucket.per()));
            request.arg(millis(lives(ask))).arg(asked.holder.to_string()).arg(asked.number);
            request.arg(&[asked.keep, asked.back, asked.least, asked.need, asked.want]);
        }
        request
    }
}

#[async_trait]
impl LeaseBooks for RedisLeaseBooks {
    async fn renew(
        &self,
        tenant: TenantId,
        terms: LeaseTerms,
        asks: &[LeaseAsk],
    ) -> Result<Vec<Option<LeaseGrant>>, Error> {
        let answer = self.store.send(&self.request(tenant, terms, asks)).await;
        let grants = answer.and_then(|reply| grants(&reply.integers()?, asks.len()));
        grants.map_err(|failure| failure.into_error("renew leases"))
    }
}

/// Reads the script's reply: five integers for each limit.
fn grants(integers: &[i64], asks: usize) -> Result<Vec<Option<LeaseGrant>>, Failure> {
    let unexpected = || Failure::Refused(Cause::new("an answer of another length"));
    if integers.len() != asks * 5 {
        return Err(unexpected());
    }
    let each = integers.chunks_exact(5).map(|five| match five {
        [0, ..] => Ok(None),
        _ => grant(five).map(Some).ok_or_else(unexpected),
    });
    each.collect()
}

fn grant(five: &[i64]) -> Option<LeaseGrant> {
    let &[_, kept, granted, free, wait] = five else {
        return None;
    };
    Some(LeaseGrant {
        kept: u32::try_from(kept).ok()?,
        granted: u32::try_from(granted).ok()?,
        free: u32::try_from(free).ok()?,
        wait: wait.max(0),
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl fmt::Debug for RedisLeaseBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLeaseBooks")
            .field("is_strict", &self.is_strict)
            .finish_non_exhaustive()
    }
}
