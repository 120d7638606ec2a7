use std::sync::Arc;

use async_trait::async_trait;
use tenancy_core::limit::{Call, Decision, Limit, RateLimiter};
use tenancy_core::{Clock, Error, TenantId};

use super::batches::Memory;
use super::{OnLoss, RedisRateLimiter};
use crate::RedisStore;
use crate::request::Request;

/// A limiter that rather refuses than forgets.
///
/// It holds each envelope also when a server fails and a replica takes over that had not heard
/// of the last charges, or starts again with nothing. The first call to such a server notes since
/// when it is another one, and what may have been charged before counts as charged:
///
/// * a `TokenBucket` begins empty and fills at its rate;
/// * an `AtMost`, a `SlidingLog` and a `Concurrency` admit nothing until their window, or the life
///   of a permit, has passed;
/// * a `Calendar` admits nothing until its period ends. Count a month elsewhere.
///
/// That a slot of a cluster moves looks the same. So does the first call ever to a server, or to a
/// slot: a new deployment begins this way, once.
///
/// It decides over a Redis alone that evicts no key, and asks each new connection for it: with any
/// other `maxmemory-policy` than `noeviction` a full server drops limits, and who was limited
/// begins anew. While Redis is away it is [closed](OnLoss::Closed): an answer of this type comes
/// from the place that counts for everybody, or there is none.
///
/// It rests on two things. The clocks of a server and its replicas agree. And there is one primary:
/// one that was replaced and still takes writes counts by itself, so set `min-replicas-to-write`.
/// The user of this connection must be allowed to ask for `INFO replication`.
#[derive(Debug)]
pub struct StrictRedisRateLimiter(RedisRateLimiter);

impl StrictRedisRateLimiter {
    /// Makes a limiter over a store, which it asks whether it evicts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](tenancy_core::ErrorKind::Misconfigured) when it does, or does
    /// not say; [`ErrorKind::Unavailable`](tenancy_core::ErrorKind::Unavailable) when it does not
    /// answer.
    pub async fn open(store: RedisStore) -> Result<Self, Error> {
        Self::ask(&store).await?;
        Ok(Self(RedisRateLimiter::of(store, OnLoss::Closed, None, Memory::Fenced)))
    }

    /// Makes a limiter that takes its time from a clock instead of the server; for tests and
    /// simulations.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with_clock(store: RedisStore, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::ask(&store).await?;
        Ok(Self(RedisRateLimiter::of(store, OnLoss::Closed, Some(clock), Memory::Fenced)))
    }

    async fn ask(store: &RedisStore) -> Result<(), Error> {
        let mut request = Request::command("PING");
        let answer = store.send(request.only_where_all_is_kept()).await;
        answer.map(drop).map_err(|failure| failure.into_error("decide a rate limit"))
    }
}

#[async_trait]
impl RateLimiter for StrictRedisRateLimiter {
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        self.0.decide(tenant, limits, call).await
    }
}
