//! What every quota must do.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::usage::{Meter, QuotaMeter, Reservation, Reserved};
use tenancy_core::{Allowance, ErrorKind, ManualClock, TenantId};

use crate::harness::Database;

/// A quota under test that holds for 5 minutes, on a clock the test moves, and two tenants.
pub(crate) struct QuotaBench {
    meter: Arc<dyn QuotaMeter>,
    clock: Arc<ManualClock>,
    harbor: TenantId,
    riverside: TenantId,
    _database: Option<Database>,
}

const CALLS: Meter = Meter::API_CALLS;

impl QuotaBench {
    pub(crate) fn new(
        meter: impl QuotaMeter,
        clock: Arc<ManualClock>,
        database: Option<Database>,
    ) -> Self {
        let (harbor, riverside) = (TenantId::generate(), TenantId::generate());
        Self { meter: Arc::new(meter), clock, harbor, riverside, _database: database }
    }

    async fn reserve(&self, tenant: TenantId, amount: u64, limit: u64) -> Option<Reservation> {
        let limit = Allowance::AtMost(limit);
        match self.meter.reserve(tenant, &CALLS, amount, limit).await.expect("it decides") {
            Reserved::Held(reservation) => Some(reservation),
            Reserved::Exceeded(_) => None,
        }
    }

    async fn held(&self, tenant: TenantId, amount: u64, limit: u64) -> Reservation {
        self.reserve(tenant, amount, limit).await.expect("there is room")
    }

    async fn commit(&self, reservation: &Reservation, actual: u64) -> bool {
        self.meter.commit(reservation, actual).await.expect("it counts")
    }

    async fn used(&self, tenant: TenantId) -> u64 {
        self.meter.used(tenant, &CALLS).await.expect("it reads")
    }
}

/// Runs the suite against what `$bench`, an expression in an async block, makes.
macro_rules! quota_contract {
    ($bench:expr) => {
        crate::contract::quota::quota_contract!(@tests $bench;
            holds_commits_and_gives_back,
            keeps_meters_and_tenants_apart,
            ends_each_hold_once,
            lets_holds_run_out,
            says_how_far_it_is,
            begins_anew_with_the_month,
            refuses_what_it_cannot_count,
            is_never_exceeded_by_a_crowd,
        );
    };
    (@tests $bench:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::contract::quota::$name(&async { $bench }.await).await;
            }
        )*
    };
}
pub(crate) use quota_contract;

pub(crate) async fn holds_commits_and_gives_back(bench: &QuotaBench) {
    let first = bench.held(bench.harbor, 6, 10).await;
    assert_eq!(bench.reserve(bench.harbor, 5, 10).await, None);
    let second = bench.held(bench.harbor, 4, 10).await;
    assert_eq!(bench.reserve(bench.harbor, 1, 10).await, None);
    assert_eq!(bench.used(bench.harbor).await, 0);
    assert!(bench.commit(&first, 2).await);
    assert_eq!(bench.used(bench.harbor).await, 2);
    let third = bench.held(bench.harbor, 4, 10).await;
    bench.meter.release(&second).await.expect("it is given back");
    bench.meter.release(&third).await.expect("it is given back");
    assert_eq!(bench.reserve(bench.harbor, 9, 10).await, None);
    assert!(bench.commit(&bench.held(bench.harbor, 8, 10).await, 8).await);
    assert_eq!((bench.used(bench.harbor).await, bench.used(bench.riverside).await), (10, 0));
    // A lowered limit refuses; a raised one has room at once.
    assert_eq!(bench.reserve(bench.harbor, 1, 5).await, None);
    assert!(bench.reserve(bench.harbor, 1, 11).await.is_some());
}

pub(crate) async fn keeps_meters_and_tenants_apart(bench: &QuotaBench) {
    let full = bench.held(bench.harbor, 3, 3).await;
    let other = bench.held(bench.riverside, 3, 3).await;
    let limit = Allowance::AtMost(3);
    let reports = bench.meter.reserve(bench.harbor, &Meter::TRANSACTIONS, 3, limit).await;
    assert!(matches!(reports.expect("it decides"), Reserved::Held(_)));
    bench.meter.release(&other).await.expect("it is given back");
    assert_eq!(bench.reserve(bench.harbor, 1, 3).await, None);
    assert!(bench.commit(&full, 3).await);
    assert_eq!((bench.used(bench.harbor).await, bench.used(bench.riverside).await), (3, 0));
}

pub(crate) async fn ends_each_hold_once(bench: &QuotaBench) {
    let hold = bench.held(bench.harbor, 5, 10).await;
    let error = bench.meter.commit(&hold, 6).await.expect_err("more than was reserved");
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("amount")));
    assert!(bench.commit(&hold, 5).await);
    assert!(!bench.commit(&hold, 5).await);
    bench.meter.release(&hold).await.expect("it does nothing");
    assert_eq!(bench.used(bench.harbor).await, 5);
    let hold = bench.held(bench.riverside, 5, 10).await;
    bench.meter.release(&hold).await.expect("it is given back");
    assert!(!bench.commit(&hold, 5).await);
    assert_eq!(bench.used(bench.riverside).await, 0);
}

pub(crate) async fn lets_holds_run_out(bench: &QuotaBench) {
    // Away from the month's last second.
    bench.clock.advance(Duration::from_hours(1));
    let hold = bench.held(bench.harbor, 10, 10).await;
    let other = bench.held(bench.riverside, 10, 10).await;
    bench.clock.advance(Duration::from_millis(299_999));
    assert_eq!(bench.reserve(bench.harbor, 1, 10).await, None);
    assert!(bench.commit(&other, 10).await);
    bench.clock.advance(Duration::from_millis(1));
    assert!(!bench.commit(&hold, 10).await, "it has run out, though nobody took its place");
    assert!(bench.commit(&bench.held(bench.harbor, 10, 10).await, 10).await);
    assert!(!bench.commit(&hold, 10).await, "its place is taken");
    assert_eq!((bench.used(bench.harbor).await, bench.used(bench.riverside).await), (10, 10));
}

pub(crate) async fn says_how_far_it_is(bench: &QuotaBench) {
    let hold = bench.held(bench.harbor, 3, 10).await;
    assert!(bench.commit(&hold, 3).await);
    let _held = bench.held(bench.harbor, 4, 10).await;
    for (tenant, taken) in [(bench.harbor, 7), (bench.riverside, 0)] {
        let answer = bench.meter.reserve(tenant, &CALLS, 11, Allowance::AtMost(10)).await;
        let Reserved::Exceeded(exceeded) = answer.expect("it decides") else {
            panic!("there is no room for eleven");
        };
        assert_eq!((exceeded.used().used(), exceeded.used().limit()), (taken, Some(10)));
        assert_eq!(exceeded.resets_at(), hold.month().end());
    }
}

pub(crate) async fn begins_anew_with_the_month(bench: &QuotaBench) {
    let held = bench.held(bench.harbor, 10, 10).await;
    let other = bench.held(bench.riverside, 10, 10).await;
    bench.clock.advance(Duration::from_secs(1));
    let new = bench.held(bench.harbor, 10, 10).await;
    // It counts in the month it was reserved in.
    assert!(bench.commit(&held, 10).await);
    assert_eq!(bench.used(bench.harbor).await, 0);
    assert!(bench.commit(&new, 1).await);
    assert!(bench.commit(&other, 1).await);
    assert_eq!((bench.used(bench.harbor).await, bench.used(bench.riverside).await), (1, 0));
}

pub(crate) async fn refuses_what_it_cannot_count(bench: &QuotaBench) {
    let one = bench.held(bench.harbor, 1, 1).await;
    for limit in [Allowance::Unlimited, Allowance::AtMost(u64::MAX - 1)] {
        let answer = bench.meter.reserve(bench.harbor, &CALLS, u64::MAX, limit).await;
        assert!(matches!(answer.expect("it decides"), Reserved::Exceeded(_)), "{limit:?}");
    }
    bench.meter.release(&one).await.expect("it is given back");
    assert_eq!(bench.reserve(bench.harbor, 1, 0).await, None);
    let nothing = bench.held(bench.harbor, 0, 0).await;
    assert!(bench.commit(&nothing, 0).await);
    let (tenant, much) = (bench.riverside, 1 << 50);
    let answer = bench.meter.reserve(tenant, &CALLS, much, Allowance::Unlimited).await;
    let Reserved::Held(hold) = answer.expect("it decides") else { panic!("it is unlimited") };
    assert!(bench.commit(&hold, 1 << 50).await);
    assert_eq!((bench.used(bench.harbor).await, bench.used(bench.riverside).await), (0, 1 << 50));
}

pub(crate) async fn is_never_exceeded_by_a_crowd(bench: &QuotaBench) {
    const LIMIT: u64 = 50;
    let tasks: Vec<_> = (0..160_u64)
        .map(|task| {
            let meter = bench.meter.clone();
            let tenant = if task % 2 == 0 { bench.harbor } else { bench.riverside };
            tokio::spawn(async move {
                let reserved = meter.reserve(tenant, &CALLS, 1, Allowance::AtMost(LIMIT)).await;
                let Reserved::Held(hold) = reserved.expect("it decides") else { return true };
                // Every fifth gives it back.
                if task % 10 < 2 {
                    meter.release(&hold).await.expect("it is given back");
                    return false;
                }
                assert!(meter.commit(&hold, 1).await.expect("it counts"));
                false
            })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        refused += usize::from(task.await.expect("no panic"));
    }
    assert!(refused > 0, "the crowd was too small");
    for tenant in [bench.harbor, bench.riverside] {
        let used = bench.used(tenant).await;
        assert!(used <= LIMIT, "{used} of {LIMIT}");
        while let Some(hold) = bench.reserve(tenant, 1, LIMIT).await {
            assert!(bench.commit(&hold, 1).await);
        }
        assert_eq!(bench.used(tenant).await, LIMIT, "no room was lost");
    }
}
