//! Alerts about quotas and about unusual hours, each raised once.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::usage::{
    AlertLog, AnomalyRule, AnomalyWatch, Hour, MemoryAlertLog, MemoryUsageMeter, Meter, Month,
    QuotaWatch, Unusual, UsageAlert, UsageMeter as _, Used,
};
use tenancy_core::{ManualClock, TenantId};
use tenancy_sqlx::SqlUsageMeter;

use crate::contract::meter::MeterBench;
use crate::harness::{Database, Engine, two_tenants};

const CALLS: Meter = Meter::API_CALLS;

fn november() -> Month {
    "2026-11".parse().unwrap()
}

/// Nodes that share a log raise an alert once, whichever comes first.
async fn is_raised_once(log: Arc<dyn AlertLog>) {
    let (a, b) = two_tenants();
    let mut tasks = Vec::new();
    for number in 0..16_u64 {
        let watch = QuotaWatch::new(log.clone(), [100, 80, 80]);
        tasks.push(tokio::spawn(async move {
            let mut raised = Vec::new();
            for used in [790, 800 + number, 999, 1_000 + number] {
                for tenant in [a, b] {
                    // One of them has a plan without a limit on this meter.
                    let limit = (tenant == a).then_some(1_000);
                    let used = Used::new(used, limit);
                    raised.extend(watch.look(tenant, &CALLS, november(), used).await.unwrap());
                }
            }
            raised
        }));
    }
    let mut raised = Vec::new();
    for task in tasks {
        raised.extend(task.await.unwrap());
    }
    raised.sort();
    let alert = |percent| UsageAlert::quota(a, CALLS, november(), percent);
    assert_eq!(raised, [alert(100), alert(80)]);

    // Told once too; what nobody has told stays.
    assert_eq!(log.untold(a).await.unwrap().len(), 2);
    assert_eq!(log.untold(b).await.unwrap(), []);
    assert!(log.told(&alert(80)).await.unwrap());
    assert!(!log.told(&alert(80)).await.unwrap());
    assert!(!log.told(&UsageAlert::quota(b, CALLS, november(), 80)).await.unwrap());
    assert_eq!(log.untold(a).await.unwrap(), [alert(100)]);

    // Another month, meter and tenant are alerts of their own.
    let watch = QuotaWatch::new(log, [80]);
    let full = Used::new(5, Some(5));
    for (tenant, meter, month) in [
        (a, CALLS, november().next()),
        (a, Meter::TRANSACTIONS, november()),
        (b, CALLS, november()),
    ] {
        let raised = watch.look(tenant, &meter, month, full).await.unwrap();
        assert_eq!(raised.len(), 1);
        assert_eq!(watch.look(tenant, &meter, month, full).await.unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_raised_once_in_memory() {
    is_raised_once(Arc::new(MemoryAlertLog::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_raised_once_on_sqlite() {
    let database = Database::create(Engine::Sqlite).await;
    is_raised_once(Arc::new(SqlUsageMeter::new(database.notes().await))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_raised_once_on_mysql() {
    let database = Database::create(Engine::MySql).await;
    is_raised_once(Arc::new(SqlUsageMeter::new(database.notes().await))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_raised_once_on_postgres() {
    let database = Database::create(Engine::Postgres).await;
    is_raised_once(Arc::new(SqlUsageMeter::new(database.notes().await))).await;
}

/// A week of two tenants, hour by hour; the last hour is as the test says.
async fn week(
    clock: &Arc<ManualClock>,
    tenants: [TenantId; 2],
    last: [u64; 2],
) -> MemoryUsageMeter {
    let meter = MemoryUsageMeter::new(clock.clone());
    for hour in 0..=168_u64 {
        for (tenant, last) in tenants.into_iter().zip(last) {
            // Nothing at night.
            let usual = if hour % 24 < 8 { 0 } else { 900 + hour };
            let count = if hour == 168 { last } else { usual };
            meter.record(tenant, &[(CALLS, count)]).await.unwrap();
        }
        if hour < 168 {
            clock.advance(Duration::from_hours(1));
        }
    }
    meter
}

#[tokio::test]
async fn a_tenant_far_above_its_habit_is_told_once() {
    let (a, b) = two_tenants();
    // Five times a busy hour is about 5,300.
    for (last, expected) in [([5_000, 5_000], 0), ([6_000, 5_100], 2), ([50_000, 49_000], 3)] {
        let clock = MeterBench::clock();
        let history = Arc::new(week(&clock, [a, b], last).await);
        let alerts: Arc<MemoryAlertLog> = Arc::default();
        let hour = Hour::current(&*clock);
        let watch = AnomalyWatch::new(history, alerts.clone(), AnomalyRule::new());
        let raised = watch.look(&[a, b], &CALLS, hour).await.unwrap();
        assert_eq!(raised.len(), expected, "{last:?}: {raised:?}");
        assert_eq!(watch.look(&[a, b], &CALLS, hour).await.unwrap(), []);
        assert_eq!(watch.look(&[a, b], &CALLS, hour.previous()).await.unwrap(), []);
        let of_a = alerts.untold(a).await.unwrap();
        assert!(of_a.iter().all(|alert| alert.period() == hour.to_string()));
    }
}

#[test]
fn what_is_unusual() {
    let rule = AnomalyRule::new().times(3).percent(80).least(10);
    assert_eq!(rule.habit(&[], 1_000), None, "nothing is known of a new tenant");
    assert_eq!(rule.habit(&[0; 100], 1_000), None);
    assert_eq!(rule.habit(&[4], 12), None);
    assert_eq!(rule.habit(&[4], 13), Some(Unusual::Habit { usual: 4, now: 13 }));
    assert_eq!(rule.habit(&[1], 9), None, "too little to matter");
    assert_eq!(rule.habit(&[u64::MAX / 2], u64::MAX - 1), None);
    assert_eq!(rule.share(80, 100), None);
    assert_eq!(rule.share(81, 100), Some(Unusual::Share { now: 81, whole: 100 }));
    assert_eq!(rule.share(100, 100), None, "it is alone");
    assert_eq!(rule.share(9, 10), None, "too little to matter");
    assert_eq!(rule.share(0, 0), None);
    assert!(rule.share(u64::MAX - 1, u64::MAX).is_some());
}
