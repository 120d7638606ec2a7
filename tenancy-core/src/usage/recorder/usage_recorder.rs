use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use foldhash::fast::RandomState;
use uuid::Uuid;

use super::counter::UsageCounter;
use super::deliver;
use super::tenant::TenantCounts;
use crate::usage::{BatchId, Hour, Meter, Month, Series, Usage, UsageBatch, UsageMeter, UsageSink};
use crate::{Clock, Error, TenantId};

const SHARDS: usize = 64;

/// Counts in memory, and brings the sums to a store in batches: *operational* usage.
///
/// Counting takes nanoseconds and never waits for the store. A batch that was not answered is sent
/// again as it was, and counts once. While the store is away everything is kept and summed up.
/// **What was not flushed is lost when the process is killed**: at most one interval of
/// [`flush_every`](Self::flush_every). Call [`flush`](Self::flush) when the process stops. Usage
/// that is billed belongs into a `UsageLog`, or into the transaction
/// that did the work.
///
/// A tenant's series beyond the thousandth go to [`Dimension::OTHER`](crate::usage::Dimension).
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::usage::{MemoryUsageMeter, Meter, Month, UsageMeter, UsageRecorder};
/// use tenancy_core::{SystemClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let meter = Arc::new(MemoryUsageMeter::new(Arc::new(SystemClock)));
/// let recorder = UsageRecorder::new(meter.clone(), Arc::new(SystemClock));
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
///
/// let calls = recorder.counter(harbor, &Meter::API_CALLS.into());
/// calls.add(1);
/// calls.add(1);
/// recorder.count(summit, &Meter::API_CALLS.into(), 5);
/// recorder.flush().await?;
///
/// let month = Month::current(&SystemClock);
/// assert_eq!(meter.usage(harbor, month).await?.of(&Meter::API_CALLS), 2);
/// assert_eq!(meter.usage(summit, month).await?.of(&Meter::API_CALLS), 5);
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct UsageRecorder(Arc<Shared>);

pub(super) struct Shared {
    pub(super) sink: Arc<dyn UsageSink>,
    meter: Arc<dyn UsageMeter>,
    clock: Arc<dyn Clock>,
    /// Made anew with each recorder: its first run is its only one.
    producer: Uuid,
    sequence: AtomicU64,
    hasher: RandomState,
    shards: Box<[Mutex<Tenants>]>,
}

type Tenants = HashMap<TenantId, TenantCounts, RandomState>;

impl UsageRecorder {
    /// Makes a recorder that brings its sums to this meter, and takes the hour from this clock.
    pub fn new<M: UsageMeter + UsageSink>(meter: Arc<M>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            sink: meter.clone(),
            meter,
            clock,
            producer: Uuid::now_v7(),
            sequence: AtomicU64::new(0),
            hasher: RandomState::default(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }))
    }

    /// Returns the counter of a series: for what is counted often.
    ///
    /// Whoever holds it keeps it in memory.
    pub fn counter(&self, tenant: TenantId, series: &Series) -> UsageCounter {
        let hour = Hour::current(&*self.0.clock);
        let mut tenants = self.0.shard(tenant);
        let counts = tenants.entry(tenant).or_insert_with(|| TenantCounts::new(tenant, hour));
        UsageCounter::new(counts.counter(series, hour).clone())
    }

    /// Adds to the count of a series, in the hour it is.
    pub fn count(&self, tenant: TenantId, series: &Series, count: u64) {
        self.count_all(tenant, [(series, count)]);
    }

    fn count_all<S>(&self, tenant: TenantId, all: impl IntoIterator<Item = (S, u64)>)
    where
        S: Borrow<Series>,
    {
        let hour = Hour::current(&*self.0.clock);
        let mut tenants = self.0.shard(tenant);
        let counts = tenants.entry(tenant).or_insert_with(|| TenantCounts::new(tenant, hour));
        for (series, count) in all {
            counts.count(series.borrow(), hour, count);
        }
    }

    /// Brings everything that was counted to the store.
    ///
    /// # Errors
    ///
    /// The first error of the store, after every tenant's batch was tried. What failed with
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) stays and goes with the next
    /// flush; what the store refuses for good is lost, and logged.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost or counted twice.
    pub async fn flush(&self) -> Result<(), Error> {
        // Once more where a batch was on its way already: what came after it.
        for _ in 0..2 {
            let batches = self.0.seal_all();
            if batches.is_empty() {
                break;
            }
            deliver::all(&self.0, batches).await?;
        }
        self.0.forget_idle();
        Ok(())
    }

    /// Flushes again and again in a task, until the last recorder is gone.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn flush_every(self, interval: Duration) -> Self {
        let shared = Arc::downgrade(&self.0);
        tokio::spawn(run(shared, interval));
        self
    }
}

async fn run(shared: Weak<Shared>, interval: Duration) {
    let mut failing = false;
    loop {
        tokio::time::sleep(interval).await;
        let Some(shared) = shared.upgrade() else { return };
        let flushed = UsageRecorder(shared).flush().await;
        match &flushed {
            Err(error) if !failing => tracing::warn!(%error, "usage waits for its store"),
            Ok(()) if failing => tracing::info!("usage is flushed again"),
            _ => {}
        }
        failing = flushed.is_err();
    }
}

impl Shared {
    fn shard(&self, tenant: TenantId) -> MutexGuard<'_, Tenants> {
        let hash = usize::try_from(self.hasher.hash_one(tenant) >> 32).unwrap_or(0);
        lock(&self.shards[hash % SHARDS])
    }

    fn seal_all(&self) -> Vec<UsageBatch> {
        let hour = Hour::current(&*self.clock);
        let mut batches = Vec::new();
        for shard in &*self.shards {
            let mut tenants = lock(shard);
            let sealed = tenants.values_mut().map(|counts| counts.seal(hour, || self.name()));
            batches.extend(sealed.flatten());
        }
        batches
    }

    fn seal(&self, tenant: TenantId) -> Option<UsageBatch> {
        let hour = Hour::current(&*self.clock);
        self.shard(tenant).get_mut(&tenant)?.seal(hour, || self.name())
    }

    fn name(&self) -> BatchId {
        BatchId::new(self.producer, 1, self.sequence.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn settle(&self, batch: &UsageBatch) {
        if let Some(counts) = self.shard(batch.tenant()).get_mut(&batch.tenant()) {
            counts.settle(batch.id());
        }
    }

    fn forget_idle(&self) {
        for shard in &*self.shards {
            lock(shard).retain(|_, counts| !counts.forget_idle());
        }
    }
}

fn lock(shard: &Mutex<Tenants>) -> MutexGuard<'_, Tenants> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl UsageMeter for UsageRecorder {
    /// Counts in memory; never fails.
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        self.count_all(tenant, of_meters(counts));
        Ok(())
    }

    fn try_record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Option<Result<(), Error>> {
        self.count_all(tenant, of_meters(counts));
        Some(Ok(()))
    }

    /// Flushes the tenant's counts first, so that they are in.
    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        for _ in 0..2 {
            let Some(batch) = self.0.seal(tenant) else { break };
            deliver::all(&self.0, vec![batch]).await?;
        }
        self.0.meter.usage(tenant, month).await
    }
}

fn of_meters(counts: &[(Meter, u64)]) -> impl Iterator<Item = (Series, u64)> {
    counts.iter().map(|(meter, count)| (Series::from(meter.clone()), *count))
}

impl fmt::Debug for UsageRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageRecorder").field("producer", &self.0.producer).finish_non_exhaustive()
    }
}
