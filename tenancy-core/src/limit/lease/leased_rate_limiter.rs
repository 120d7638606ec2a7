use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::keeper::Keeping;
use super::tenant::Local;
use super::waiter::{Answer, Receipt, Waiter};
use super::{LeaseBooks, LeaseTerms, SteadyClock, SystemSteadyClock};
use crate::limit::step::Reading;
use crate::limit::{
    Call, Decision, Limit, LimitStatus, Operation, Policy, RateLimiter, Source, TokenBucket,
};
use crate::{Error, ErrorKind, TenantId};

/// A limiter whose token buckets are decided in process, from tokens it took ahead.
///
/// All nodes together stay within the envelope of each bucket, however many there are and
/// whatever is lost on the way. It may refuse early: what other nodes hold is not there, a
/// quarter of the burst at most in all. What a node held that died is missing until its lease
/// ends. Buckets with fewer than ten tokens for each node are asked for call by call.
///
/// Limits of other shapes, and those in shadow, are decided by another limiter, in the same
/// decision. A limit must not be asked for elsewhere too: that would be a second bucket.
///
/// Leased limits take charges and looks only. Calls that wait are decided in the order they came.
/// When the books do not answer, what is leased is spent, and then there is an error.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use tenancy_core::limit::lease::{LeasedRateLimiter, MemoryLeaseBooks};
/// use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, TokenBucket};
/// use tenancy_core::{SystemClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let books = Arc::new(MemoryLeaseBooks::new(Arc::new(SystemClock)));
/// let others = || MemoryRateLimiter::new(Arc::new(SystemClock));
/// let nodes = [
///     LeasedRateLimiter::new(books.clone(), others()),
///     LeasedRateLimiter::new(books, others()),
/// ];
///
/// let limits = [Limit::new(LimitName::TENANT, TokenBucket::per_hour(n(1_000), n(1_000))?)];
/// let tenant = TenantId::generate();
/// let mut admitted = 0;
/// for call in 0..1_500 {
///     let decision = nodes[call % 2].check(tenant, &limits, n(1)).await?;
///     admitted += u32::from(decision.is_allowed());
/// }
/// assert!((950..=1_000).contains(&admitted), "{admitted}");
/// for node in &nodes {
///     node.shut_down().await;
/// }
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
pub struct LeasedRateLimiter<L> {
    keeping: Arc<Keeping>,
    others: L,
}

impl<L: RateLimiter> LeasedRateLimiter<L> {
    /// Leases from these books; `others` decides what is not leased.
    pub fn new(books: impl LeaseBooks, others: L) -> Self {
        Self::with(books, others, LeaseTerms::DEFAULT, Arc::new(SystemSteadyClock))
    }

    /// Takes terms and a clock too.
    pub fn with(
        books: impl LeaseBooks,
        others: L,
        terms: LeaseTerms,
        clock: Arc<dyn SteadyClock>,
    ) -> Self {
        Self { keeping: Arc::new(Keeping::new(Arc::new(books), clock, terms)), others }
    }

    /// Returns how many leased limits are in memory: those of all tenants that were used within
    /// the length of a lease or so.
    pub fn tracked(&self) -> usize {
        self.keeping.tracked()
    }

    /// Gives all leases back, and returns when that is done; then it decides nothing any more.
    ///
    /// Dropping it gives them back too, if the runtime lasts long enough.
    pub async fn shut_down(&self) {
        self.keeping.close();
        self.keeping.closed().await;
    }

    /// Decides a charge to leased limits, and waits for tokens where there are too few.
    async fn charge(&self, tenant: TenantId, limits: &[Limit], cost: u32) -> Answer {
        if let Some(decided) = self.charge_local(tenant, limits, cost) {
            return decided;
        }
        if self.keeping.is_closed() {
            let message = "decide a rate limit: the limiter was shut down";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        if Handle::try_current().is_err() {
            let message =
                "decide a rate limit: leases are renewed by a task: call it in tokio's runtime";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        let (answer, answered) = oneshot::channel();
        let waiter = Waiter { limits: limits.into(), cost, answer };
        let now = self.keeping.clock.steady_micros();
        self.keeping.with_kept(tenant, |leases| leases.enter(waiter, now));
        let ended = "decide a rate limit: the task that renews the leases has ended";
        answered.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, ended)))
    }

    /// Decides from what is leased; `None` when that is too little.
    fn charge_local(&self, tenant: TenantId, limits: &[Limit], cost: u32) -> Option<Answer> {
        if self.keeping.is_closed() {
            return None;
        }
        let now = self.keeping.clock.steady_micros();
        let decided = self.keeping.with(tenant, |kept, leases| {
            let (local, low) = match leases.decide(limits, cost, now) {
                Ok(decided) => decided,
                Err(error) => return Some(Err(error)),
            };
            if low {
                kept.wake.notify_one();
            }
            match local {
                Local::Decided(decision, receipt) => Some(Ok((decision, receipt))),
                Local::Short => None,
            }
        });
        decided.flatten()
    }

    fn take_back(&self, tenant: TenantId, limits: &[Limit], cost: u32, receipt: Receipt) {
        let now = self.keeping.clock.steady_micros();
        self.keeping.with(tenant, |_, leases| leases.take_back(limits, cost, now, receipt));
    }

    fn peek_leased(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: u32,
    ) -> Result<Decision, Error> {
        let now = self.keeping.clock.steady_micros();
        let read = |limit: &Limit, bucket: TokenBucket| {
            let known =
                self.keeping.with(tenant, |_, leases| leases.peek(limit, bucket, cost, now));
            known.unwrap_or_else(|| super::tenant::untouched(bucket, cost))
        };
        let readings = limits.iter().filter_map(|limit| Some((limit, read(limit, leased(limit)?))));
        Decision::from_readings(readings, Source::Exact)
    }

    /// Decides over leased limits and others.
    async fn decide_both(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        let (ours, others): (Vec<_>, Vec<_>) =
            limits.iter().cloned().partition(|limit| leased(limit).is_some());
        let cost = call.cost().get();
        if call.operation() != Operation::Charge {
            let decision = self.others.decide(tenant, &others, call).await?;
            return both(limits, &self.peek_leased(tenant, &ours, cost)?, &decision);
        }
        let (leased, receipt) = self.charge(tenant, &ours, cost).await?;
        if !leased.is_allowed() {
            let decision = self.others.decide(tenant, &others, look(call)).await?;
            return Ok(both(limits, &leased, &decision)?.granting(0));
        }
        let mut unpaid =
            Unpaid { limiter: self, tenant, limits: &ours, cost, receipt: Some(receipt) };
        let decision = self.others.decide(tenant, &others, call).await?;
        if decision.is_allowed() {
            unpaid.receipt = None;
        }
        drop(unpaid);
        both(limits, &leased, &decision)
    }
}

/// What was taken from leases for a call that others may still refuse, or that is dropped.
struct Unpaid<'a, L: RateLimiter> {
    limiter: &'a LeasedRateLimiter<L>,
    tenant: TenantId,
    limits: &'a [Limit],
    cost: u32,
    receipt: Option<Receipt>,
}

impl<L: RateLimiter> Drop for Unpaid<'_, L> {
    fn drop(&mut self) {
        if let Some(receipt) = self.receipt {
            self.limiter.take_back(self.tenant, self.limits, self.cost, receipt);
        }
    }
}

/// The bucket of a limit that is leased.
fn leased(limit: &Limit) -> Option<TokenBucket> {
    match limit.policy() {
        Policy::TokenBucket(bucket) if !limit.is_shadow() => Some(bucket),
        _ => None,
    }
}

/// A look at what a call would be answered.
fn look(call: Call) -> Call {
    let look = Call::peek(call.cost());
    call.id().map_or(look, |id| look.with_id(id))
}

/// Puts the readings of two decisions back into the order of the limits.
fn both(limits: &[Limit], ours: &Decision, others: &Decision) -> Result<Decision, Error> {
    let (mut mine, mut theirs) = (ours.limits(), others.limits());
    let readings: Vec<(&Limit, Reading)> = limits
        .iter()
        .filter_map(|limit| {
            let status = if leased(limit).is_some() { mine.next() } else { theirs.next() };
            status.map(LimitStatus::reading).map(|reading| (limit, reading))
        })
        .collect();
    Ok(Decision::from_readings(readings, others.source())?.granting(others.granted()))
}

#[async_trait]
impl<L: RateLimiter> RateLimiter for LeasedRateLimiter<L> {
    /// # Errors
    ///
    /// Beside those of every limiter: [`ErrorKind::Invalid`] for what leased limits do not take,
    /// and [`ErrorKind::Misconfigured`] outside of a runtime of tokio.
    async fn decide(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        call: Call,
    ) -> Result<Decision, Error> {
        call.validate(limits)?;
        let ours = limits.iter().filter(|limit| leased(limit).is_some()).count();
        if ours == 0 {
            return self.others.decide(tenant, limits, call).await;
        }
        let cost = call.cost().get();
        match call.operation() {
            Operation::Charge if ours == limits.len() => {
                Ok(self.charge(tenant, limits, cost).await?.0)
            }
            Operation::Peek if ours == limits.len() => self.peek_leased(tenant, limits, cost),
            Operation::Charge | Operation::Peek => self.decide_both(tenant, limits, call).await,
            Operation::Release | Operation::Renew if ours < limits.len() => {
                self.decide_both(tenant, limits, call).await
            }
            _ => {
                let message = "decide a rate limit: a leased token bucket takes charges and looks \
                               only: take AtMost for this limit, or a limiter without leases";
                Err(Error::invalid("limits", message))
            }
        }
    }

    fn try_local(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        cost: NonZeroU32,
    ) -> Option<Result<Decision, Error>> {
        if limits.iter().any(|limit| leased(limit).is_none()) {
            return None;
        }
        if let Err(error) = Call::charge(cost).validate(limits) {
            return Some(Err(error));
        }
        let decided = self.charge_local(tenant, limits, cost.get())?;
        Some(decided.map(|(decision, _)| decision))
    }
}

impl<L> Drop for LeasedRateLimiter<L> {
    fn drop(&mut self) {
        self.keeping.close();
    }
}

impl<L> fmt::Debug for LeasedRateLimiter<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeasedRateLimiter")
            .field("terms", &self.keeping.terms)
            .field("clock", &self.keeping.clock)
            .finish_non_exhaustive()
    }
}
