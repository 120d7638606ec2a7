//! What every usage meter must do.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tenancy_core::usage::{Meter, Month, Usage, UsageMeter};
use tenancy_core::{ManualClock, TenantId};

use crate::harness::Database;

/// A meter under test, on a clock the test moves, and two tenants.
pub(crate) struct MeterBench {
    meter: Arc<dyn UsageMeter>,
    clock: Arc<ManualClock>,
    harbor: TenantId,
    riverside: TenantId,
    database: Option<Database>,
    folder: Option<TempDir>,
}

impl MeterBench {
    pub(crate) fn new(meter: impl UsageMeter, clock: Arc<ManualClock>) -> Self {
        let (harbor, riverside) = (TenantId::generate(), TenantId::generate());
        Self { meter: Arc::new(meter), clock, harbor, riverside, database: None, folder: None }
    }

    /// Keeps a database until the end of the test.
    pub(crate) fn keeping(mut self, database: Database) -> Self {
        self.database = Some(database);
        self
    }

    /// Keeps a folder until the end of the test.
    pub(crate) fn in_folder(mut self, folder: TempDir) -> Self {
        self.folder = Some(folder);
        self
    }

    /// The clock every bench starts with: the last second of November 2026.
    pub(crate) fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at_unix(1_796_083_199))
    }

    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) {
        self.meter.record(tenant, counts).await.expect("it counts");
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Usage {
        self.meter.usage(tenant, month).await.expect("it reads")
    }

    async fn now(&self, tenant: TenantId) -> Usage {
        self.usage(tenant, Month::current(&*self.clock)).await
    }
}

/// Runs the suite against what `$bench`, an expression in an async block, makes.
macro_rules! meter_contract {
    ($bench:expr) => {
        crate::contract::meter::meter_contract!(@tests $bench;
            adds_up_by_tenant_and_meter,
            begins_anew_with_the_month_in_utc,
            stays_at_the_highest_count,
            counts_a_crowd_exactly,
        );
    };
    (@tests $bench:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::contract::meter::$name(&async { $bench }.await).await;
            }
        )*
    };
}
pub(crate) use meter_contract;

pub(crate) async fn adds_up_by_tenant_and_meter(bench: &MeterBench) {
    let reports = Meter::parse("reports").expect("a good name");
    assert_eq!(bench.now(bench.harbor).await.counts().count(), 0);
    bench.record(bench.harbor, &[]).await;
    bench.record(bench.harbor, &[(Meter::API_CALLS, 1), (Meter::BANDWIDTH_BYTES, 700)]).await;
    bench.record(bench.harbor, &[(Meter::API_CALLS, 2), (Meter::API_CALLS, 3)]).await;
    bench.record(bench.riverside, &[(reports.clone(), 9), (Meter::API_CALLS, 0)]).await;

    let harbor = bench.now(bench.harbor).await;
    assert_eq!(harbor.of(&Meter::API_CALLS), 6);
    assert_eq!(harbor.of(&Meter::BANDWIDTH_BYTES), 700);
    assert_eq!(harbor.of(&reports), 0);
    let riverside = bench.now(bench.riverside).await;
    let counts: Vec<_> = riverside.counts().collect();
    assert_eq!(counts, [(&Meter::API_CALLS, 0), (&reports, 9)]);
}

pub(crate) async fn begins_anew_with_the_month_in_utc(bench: &MeterBench) {
    let november: Month = "2026-11".parse().expect("a month");
    let calls = |count| [(Meter::API_CALLS, count)];
    bench.record(bench.harbor, &calls(5)).await;
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.now(bench.harbor).await.of(&Meter::API_CALLS), 0);
    bench.record(bench.harbor, &calls(7)).await;
    bench.record(bench.riverside, &calls(1)).await;

    let read = async |tenant, month| bench.usage(tenant, month).await.of(&Meter::API_CALLS);
    assert_eq!(read(bench.harbor, november).await, 5);
    assert_eq!(read(bench.harbor, november.next()).await, 7);
    assert_eq!(read(bench.harbor, november.previous()).await, 0);
    assert_eq!(read(bench.riverside, november).await, 0);
    assert_eq!(bench.usage(bench.harbor, november).await.month(), november);

    bench.clock.advance(Duration::from_hours(89 * 24));
    bench.record(bench.harbor, &calls(1)).await;
    assert_eq!(read(bench.harbor, november).await, 5, "89 days after its end");
}

pub(crate) async fn stays_at_the_highest_count(bench: &MeterBench) {
    let bytes = |count| [(Meter::BANDWIDTH_BYTES, count), (Meter::API_CALLS, 1)];
    for count in [1, u64::MAX, 5, u64::MAX] {
        bench.record(bench.harbor, &bytes(count)).await;
    }
    bench.record(bench.riverside, &bytes(Usage::MAX_COUNT - 1)).await;
    let harbor = bench.now(bench.harbor).await;
    assert_eq!(harbor.of(&Meter::BANDWIDTH_BYTES), Usage::MAX_COUNT);
    assert_eq!(harbor.of(&Meter::API_CALLS), 4);
    let riverside = bench.now(bench.riverside).await;
    assert_eq!(riverside.of(&Meter::BANDWIDTH_BYTES), Usage::MAX_COUNT - 1);
}

pub(crate) async fn counts_a_crowd_exactly(bench: &MeterBench) {
    let tasks: Vec<_> = (0..200_u64)
        .map(|task| {
            let meter = bench.meter.clone();
            let tenant = if task % 4 == 0 { bench.riverside } else { bench.harbor };
            tokio::spawn(async move { meter.record(tenant, &[(Meter::API_CALLS, task)]).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic").expect("it counts");
    }
    let all: u64 = (0..200).sum();
    let of_riverside: u64 = (0..200).step_by(4).sum();
    assert_eq!(bench.now(bench.riverside).await.of(&Meter::API_CALLS), of_riverside);
    assert_eq!(bench.now(bench.harbor).await.of(&Meter::API_CALLS), all - of_riverside);
}
