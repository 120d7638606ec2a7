//! What everything that takes batches of usage must do.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::usage::{
    BatchId, Delivered, Dimension, Hour, Meter, Month, Series, Usage, UsageBatch, UsageMeter,
    UsageSink,
};
use tenancy_core::{ErrorKind, ManualClock, TenantId};
use uuid::Uuid;

use crate::harness::Database;

/// A sink under test, on a clock the test moves, two tenants, and a producer.
pub(crate) struct SinkBench {
    sink: Arc<dyn UsageSink>,
    meter: Arc<dyn UsageMeter>,
    clock: Arc<ManualClock>,
    harbor: TenantId,
    riverside: TenantId,
    producer: Uuid,
    _database: Option<Database>,
}

impl SinkBench {
    pub(crate) fn new<S>(sink: S, clock: Arc<ManualClock>, database: Option<Database>) -> Self
    where
        S: UsageSink + UsageMeter,
    {
        let sink = Arc::new(sink);
        Self {
            meter: sink.clone(),
            sink,
            clock,
            harbor: TenantId::generate(),
            riverside: TenantId::generate(),
            producer: Uuid::now_v7(),
            _database: database,
        }
    }

    /// A batch of so many calls in the running hour.
    fn calls(&self, tenant: TenantId, (epoch, sequence): (u64, u64), count: u64) -> UsageBatch {
        let id = BatchId::new(self.producer, epoch, sequence);
        let mut batch = UsageBatch::new(id, tenant);
        batch.add(Hour::current(&*self.clock), &Meter::API_CALLS.into(), count);
        batch
    }

    async fn deliver(&self, batch: &UsageBatch) -> Delivered {
        self.sink.deliver(batch).await.expect("it is taken")
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Usage {
        self.meter.usage(tenant, month).await.expect("it reads")
    }

    async fn count(&self, tenant: TenantId) -> u64 {
        let month = Month::current(&*self.clock);
        self.usage(tenant, month).await.of(&Meter::API_CALLS)
    }
}

/// Runs the suite against what `$bench`, an expression in an async block, makes.
macro_rules! sink_contract {
    ($bench:expr) => {
        crate::contract::sink::sink_contract!(@tests $bench;
            counts_a_batch_once,
            keeps_runs_and_tenants_apart,
            counts_parts_of_a_meter,
            counts_by_when_it_happened,
            leaves_a_closed_month_alone,
            waits_for_the_future,
            stays_at_the_highest_sum,
            counts_a_crowd_of_repeated_batches_once,
        );
    };
    (@tests $bench:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::contract::sink::$name(&async { $bench }.await).await;
            }
        )*
    };
}
pub(crate) use sink_contract;

pub(crate) async fn counts_a_batch_once(bench: &SinkBench) {
    let first = bench.calls(bench.harbor, (1, 1), 5);
    assert_eq!(bench.deliver(&first).await, Delivered::Counted);
    assert_eq!(bench.deliver(&first).await, Delivered::Duplicate);
    assert_eq!(bench.deliver(&bench.calls(bench.harbor, (1, 3), 7)).await, Delivered::Counted);
    // One that was overtaken is in: its producer delivers in order.
    assert_eq!(bench.deliver(&bench.calls(bench.harbor, (1, 2), 9)).await, Delivered::Duplicate);
    assert_eq!(bench.deliver(&first).await, Delivered::Duplicate);
    assert_eq!(bench.count(bench.harbor).await, 12);
    assert_eq!(bench.count(bench.riverside).await, 0);
}

pub(crate) async fn keeps_runs_and_tenants_apart(bench: &SinkBench) {
    assert_eq!(bench.deliver(&bench.calls(bench.harbor, (2, 1), 1)).await, Delivered::Counted);
    // What an earlier run left behind comes late, and counts.
    assert_eq!(bench.deliver(&bench.calls(bench.harbor, (1, 4), 2)).await, Delivered::Counted);
    assert_eq!(bench.deliver(&bench.calls(bench.riverside, (2, 1), 4)).await, Delivered::Counted);
    let mut foreign = bench.calls(bench.harbor, (2, 1), 8);
    assert_eq!(bench.deliver(&foreign).await, Delivered::Duplicate);
    foreign = UsageBatch::new(BatchId::new(Uuid::now_v7(), 2, 1), bench.harbor);
    foreign.add(Hour::current(&*bench.clock), &Meter::API_CALLS.into(), 16);
    assert_eq!(bench.deliver(&foreign).await, Delivered::Counted);
    assert_eq!(bench.count(bench.harbor).await, 1 + 2 + 16);
    assert_eq!(bench.count(bench.riverside).await, 4);
}

pub(crate) async fn counts_parts_of_a_meter(bench: &SinkBench) {
    let part = |name: &str| Dimension::parse(name).expect("a good name");
    let calls = Series::from(Meter::API_CALLS);
    let hour = Hour::current(&*bench.clock);
    for (tenant, times) in [(bench.harbor, 1), (bench.riverside, 10)] {
        let mut batch = bench.calls(tenant, (1, 1), times);
        batch.add(hour, &calls.clone().by(part("a/b:c")), 2 * times);
        batch.add(hour, &calls.clone().by(part("other")), 3 * times);
        // More than one statement or call would take.
        for number in 0..200 {
            let series = Series::from(Meter::TRANSACTIONS).by(part(&format!("shop-{number}")));
            batch.add(hour, &series, times);
        }
        bench.deliver(&batch).await;
        let usage = bench.usage(tenant, hour.month()).await;
        assert_eq!(usage.of(&Meter::API_CALLS), 6 * times);
        assert_eq!(usage.of_part(&Meter::API_CALLS, &part("a/b:c")), 2 * times);
        assert_eq!(usage.of_part(&Meter::API_CALLS, &part("a")), 0);
        assert_eq!(usage.of(&Meter::TRANSACTIONS), 200 * times);
        assert_eq!(usage.of_part(&Meter::TRANSACTIONS, &part("shop-199")), times);
        assert_eq!(usage.parts().count(), 203);
    }
}

pub(crate) async fn counts_by_when_it_happened(bench: &SinkBench) {
    let november = Month::current(&*bench.clock);
    let mut batch = bench.calls(bench.harbor, (1, 1), 3);
    bench.clock.advance(Duration::from_hours(1));
    let hour = Hour::current(&*bench.clock);
    assert_eq!(hour.month(), november.next());
    batch.add(hour, &Meter::API_CALLS.into(), 4);
    assert_eq!(bench.deliver(&batch).await, Delivered::Counted);
    assert_eq!(bench.deliver(&batch).await, Delivered::Duplicate);
    bench.deliver(&bench.calls(bench.riverside, (1, 1), 1)).await;
    let read = async |tenant, month| bench.usage(tenant, month).await.of(&Meter::API_CALLS);
    assert_eq!(read(bench.harbor, november).await, 3);
    assert_eq!(read(bench.harbor, november.next()).await, 4);
    assert_eq!(read(bench.riverside, november).await, 0);
}

pub(crate) async fn leaves_a_closed_month_alone(bench: &SinkBench) {
    let november = Month::current(&*bench.clock);
    bench.deliver(&bench.calls(bench.harbor, (1, 1), 3)).await;
    let (in_time, late) =
        (bench.calls(bench.harbor, (1, 2), 4), bench.calls(bench.harbor, (1, 3), 5));
    let foreign = bench.calls(bench.riverside, (1, 1), 6);
    // The bench starts in the month's last second.
    bench.clock.advance(Duration::from_hours(48));
    bench.deliver(&in_time).await;
    bench.clock.advance(Duration::from_secs(1));
    bench.deliver(&late).await;
    bench.deliver(&foreign).await;
    assert_eq!(bench.usage(bench.harbor, november).await.of(&Meter::API_CALLS), 7);
    assert_eq!(bench.usage(bench.riverside, november).await.of(&Meter::API_CALLS), 0);
    assert_eq!(bench.count(bench.harbor).await, 0);
}

pub(crate) async fn waits_for_the_future(bench: &SinkBench) {
    let hour = Hour::current(&*bench.clock).plus(2);
    for tenant in [bench.harbor, bench.riverside] {
        let mut batch = bench.calls(tenant, (1, 1), 1);
        batch.add(hour, &Meter::API_CALLS.into(), 1);
        let error = bench.sink.deliver(&batch).await.expect_err("nobody knows the future");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(bench.count(tenant).await, 0, "all of it or nothing");
    }
    bench.clock.advance(Duration::from_mins(55) + Duration::from_secs(1));
    let mut batch = bench.calls(bench.harbor, (1, 1), 1);
    batch.add(hour, &Meter::API_CALLS.into(), 1);
    assert_eq!(bench.deliver(&batch).await, Delivered::Counted);
}

pub(crate) async fn stays_at_the_highest_sum(bench: &SinkBench) {
    for sequence in 1..=3 {
        bench.deliver(&bench.calls(bench.harbor, (1, sequence), Usage::MAX_COUNT - 1)).await;
    }
    bench.deliver(&bench.calls(bench.riverside, (1, 1), Usage::MAX_COUNT - 1)).await;
    assert_eq!(bench.count(bench.harbor).await, Usage::MAX_COUNT);
    assert_eq!(bench.count(bench.riverside).await, Usage::MAX_COUNT - 1);
}

pub(crate) async fn counts_a_crowd_of_repeated_batches_once(bench: &SinkBench) {
    for sequence in 1..=10 {
        let batches = [(bench.harbor, 1), (bench.riverside, 100)]
            .map(|(tenant, count)| Arc::new(bench.calls(tenant, (1, sequence), count)));
        let mut tasks = Vec::new();
        for number in 0..16 {
            let (sink, batch) = (bench.sink.clone(), batches[number % 2].clone());
            tasks.push(tokio::spawn(async move { sink.deliver(&batch).await }));
        }
        let mut counted = 0;
        for task in tasks {
            let delivered = task.await.expect("no panic").expect("it is taken");
            counted += usize::from(delivered == Delivered::Counted);
        }
        assert_eq!(counted, 2, "one for each tenant");
    }
    assert_eq!(bench.count(bench.harbor).await, 10);
    assert_eq!(bench.count(bench.riverside).await, 1_000);
}
