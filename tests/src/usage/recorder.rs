//! Counts in memory, flushed in batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tenancy_core::usage::{
    Delivered, Dimension, MemoryUsageMeter, Meter, Month, Series, Usage, UsageBatch, UsageMeter,
    UsageRecorder, UsageSink,
};
use tenancy_core::{Clock, Error, ErrorKind, ManualClock, TenantId, async_trait};
use tenancy_redis::{RedisOptions, RedisStore, RedisUsageMeter};
use tenancy_sqlx::SqlUsageMeter;

use crate::contract::meter::{MeterBench, meter_contract};
use crate::harness::{Database, Engine, Link, PrivateRedis, eventually, two_tenants};

mod memory {
    use super::*;

    meter_contract!({
        let clock = MeterBench::clock();
        let meter = Arc::new(MemoryUsageMeter::new(clock.clone()));
        MeterBench::new(UsageRecorder::new(meter, clock.clone()), clock)
    });
}

mod sql {
    use super::*;

    meter_contract!({
        let database = Database::create(Engine::Postgres).await;
        let clock = MeterBench::clock();
        let meter = SqlUsageMeter::with_clock(database.notes().await, clock.clone());
        MeterBench::new(UsageRecorder::new(Arc::new(meter), clock.clone()), clock).keeping(database)
    });
}

/// A meter that does what it is told, and then says something else.
struct Lying {
    meter: MemoryUsageMeter,
    lies: AtomicUsize,
    kind: ErrorKind,
    counts: bool,
}

impl Lying {
    fn new(clock: &Arc<ManualClock>, lies: usize, kind: ErrorKind, counts: bool) -> Arc<Self> {
        let meter = MemoryUsageMeter::new(clock.clone());
        Arc::new(Self { meter, lies: AtomicUsize::new(lies), kind, counts })
    }
}

#[async_trait]
impl UsageSink for Lying {
    async fn deliver(&self, batch: &UsageBatch) -> Result<Delivered, Error> {
        let lies = self.lies.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if lies.is_ok() {
            if self.counts {
                self.meter.deliver(batch).await?;
            }
            return Err(Error::new(self.kind, "deliver"));
        }
        self.meter.deliver(batch).await
    }
}

#[async_trait]
impl UsageMeter for Lying {
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        self.meter.record(tenant, counts).await
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        self.meter.usage(tenant, month).await
    }
}

fn calls() -> Series {
    Meter::API_CALLS.into()
}

async fn calls_of(meter: &dyn UsageMeter, tenant: TenantId, clock: &dyn Clock) -> u64 {
    meter.usage(tenant, Month::current(clock)).await.unwrap().of(&Meter::API_CALLS)
}

/// The answer is lost, or the request: in both cases everything counts once.
#[tokio::test]
async fn what_was_not_answered_counts_once() {
    for counts in [true, false] {
        let clock = MeterBench::clock();
        let meter = Lying::new(&clock, 4, ErrorKind::Unavailable, counts);
        let recorder = UsageRecorder::new(meter.clone(), clock.clone());
        let (a, b) = two_tenants();
        for round in 1..=3 {
            recorder.count(a, &calls(), round);
            recorder.count(b, &calls(), 100 * round);
            assert_eq!(recorder.flush().await.is_ok(), round == 3, "round {round}");
        }
        assert_eq!(calls_of(&*meter, a, &*clock).await, 6);
        assert_eq!(calls_of(&*meter, b, &*clock).await, 600);
    }
}

/// A batch that nobody will ever take does not hold up the next one.
#[tokio::test]
async fn what_is_refused_for_good_is_given_up() {
    let clock = MeterBench::clock();
    let meter = Lying::new(&clock, 2, ErrorKind::Invalid, false);
    let recorder = UsageRecorder::new(meter.clone(), clock.clone());
    let (a, b) = two_tenants();
    for tenant in [a, b] {
        recorder.count(tenant, &calls(), 1);
    }
    assert_eq!(recorder.flush().await.unwrap_err().kind(), ErrorKind::Invalid);
    for tenant in [a, b] {
        recorder.count(tenant, &calls(), 2);
    }
    recorder.flush().await.unwrap();
    assert_eq!(calls_of(&*meter, a, &*clock).await, 2);
    assert_eq!(calls_of(&*meter, b, &*clock).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_and_flushes_lose_nothing() {
    let clock = MeterBench::clock();
    let meter = Arc::new(MemoryUsageMeter::new(clock.clone()));
    let recorder = UsageRecorder::new(meter.clone(), clock.clone());
    let (a, b) = two_tenants();
    let mut tasks = Vec::new();
    for number in 0..8 {
        let (recorder, tenant) = (recorder.clone(), if number % 4 == 0 { b } else { a });
        tasks.push(tokio::spawn(async move {
            for _ in 0..50 {
                // The counter is forgotten between rounds, and made anew.
                let counter = recorder.counter(tenant, &calls());
                (0..100).for_each(|_| counter.add(1));
                drop(counter);
                recorder.flush().await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    recorder.flush().await.unwrap();
    assert_eq!(calls_of(&*meter, a, &*clock).await, 6 * 5_000);
    assert_eq!(calls_of(&*meter, b, &*clock).await, 2 * 5_000);
}

/// A flush that is dropped on the way, again and again.
#[tokio::test]
async fn a_cancelled_flush_loses_and_doubles_nothing() {
    let database = Database::create(Engine::Postgres).await;
    let clock = MeterBench::clock();
    let meter = Arc::new(SqlUsageMeter::with_clock(database.notes().await, clock.clone()));
    let recorder = UsageRecorder::new(meter.clone(), clock.clone());
    let (a, b) = two_tenants();
    for round in 0..60_u64 {
        recorder.count(a, &calls(), 1);
        recorder.count(b, &calls(), 10);
        let patience = Duration::from_micros(100 * round);
        let _cancelled = tokio::time::timeout(patience, recorder.flush()).await;
    }
    assert_eq!(calls_of(&recorder, a, &*clock).await, 60);
    assert_eq!(calls_of(&recorder, b, &*clock).await, 600);
}

#[tokio::test]
async fn a_tenant_that_makes_up_parts_fills_no_memory() {
    let clock = MeterBench::clock();
    let meter = Arc::new(MemoryUsageMeter::new(clock.clone()));
    let recorder = UsageRecorder::new(meter.clone(), clock.clone());
    let (a, b) = two_tenants();
    for number in 0..5_000 {
        let part = Dimension::parse(&format!("made-up-{number}")).unwrap();
        recorder.count(a, &calls().by(part), 1);
    }
    recorder.count(b, &calls().by(Dimension::from_static("made-up-4999")), 1);
    recorder.flush().await.unwrap();
    let of_a = meter.usage(a, Month::current(&*clock)).await.unwrap();
    assert_eq!((of_a.of(&Meter::API_CALLS), of_a.parts().count()), (5_000, 1_001));
    assert_eq!(of_a.of_part(&Meter::API_CALLS, &Dimension::OTHER), 4_000);
    let of_b = meter.usage(b, Month::current(&*clock)).await.unwrap();
    assert_eq!(of_b.of_part(&Meter::API_CALLS, &Dimension::from_static("made-up-4999")), 1);
}

/// Redis answers late, is killed, comes back empty: nothing that it kept is counted twice, and what
/// it never had arrives.
#[tokio::test]
async fn redis_goes_and_comes_back() {
    let mut redis = PrivateRedis::running().await;
    let link = Link::to(redis.address(), Duration::ZERO).await;
    let options = RedisOptions::new()
        .deadline(Duration::from_secs(5))
        .patience(Duration::from_millis(200))
        .retry_after(Duration::from_millis(5), Duration::from_millis(20));
    let url = format!("redis://127.0.0.1:{}", link.port());
    let store = RedisStore::open(&url, options).unwrap();
    let clock = MeterBench::clock();
    let meter = Arc::new(RedisUsageMeter::with_clock(store, clock.clone()));
    let recorder = UsageRecorder::new(meter.clone(), clock.clone());
    let (a, b) = two_tenants();
    let both = |count| {
        recorder.count(a, &calls(), count);
        recorder.count(b, &calls(), 10 * count);
    };
    both(1);
    recorder.flush().await.unwrap();
    both(2);
    // It does what it is asked, and nobody hears of it.
    link.hang_answers();
    recorder.flush().await.expect_err("no answer");
    both(4);
    link.cut();
    link.mend();
    eventually("it is flushed", async || recorder.flush().await.is_ok()).await;
    assert_eq!(calls_of(&*meter, a, &*clock).await, 7);
    assert_eq!(calls_of(&*meter, b, &*clock).await, 70);

    redis.kill().await;
    both(8);
    recorder.flush().await.expect_err("it is dead");
    redis.start(&[]).await;
    eventually("it is flushed", async || recorder.flush().await.is_ok()).await;
    assert_eq!(calls_of(&*meter, a, &*clock).await, 8, "this Redis kept nothing over its death");
    assert_eq!(calls_of(&*meter, b, &*clock).await, 80);
}

#[tokio::test]
async fn it_flushes_by_itself() {
    let clock = MeterBench::clock();
    let meter = Arc::new(MemoryUsageMeter::new(clock.clone()));
    let recorder = UsageRecorder::new(meter.clone(), clock.clone());
    let recorder = recorder.flush_every(Duration::from_millis(1));
    let (a, b) = two_tenants();
    recorder.count(a, &calls(), 3);
    recorder.count(b, &calls(), 4);
    eventually("it is in", async || {
        (calls_of(&*meter, a, &*clock).await, calls_of(&*meter, b, &*clock).await) == (3, 4)
    })
    .await;
}
