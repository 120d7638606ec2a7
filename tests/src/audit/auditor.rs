//! The auditor: it never waits, or it waits until it is written; it loses nothing in silence.

use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tenancy_core::audit::{
    AuditAction, AuditEvent, AuditFanOut, AuditImportance, AuditLog, AuditOutcome, AuditQuery,
    Auditor, MemoryAuditLog,
};
use tenancy_core::{ErrorKind, TenantId};

use super::sinks::{Mood, Moody};
use crate::harness::two_tenants;

const DONE: AuditAction = AuditAction::from_static("test.done");

fn numbered(auditor: &Auditor, tenant: TenantId, number: usize) -> AuditEvent {
    auditor.event_of(tenant, DONE).with_detail("number", &number.to_string())
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn events_arrive_in_the_order_they_were_told() {
    let (a, b) = two_tenants();
    let sink = Moody::good();
    let auditor = Auditor::new(sink.clone());
    let importance = [AuditImportance::Low, AuditImportance::High, AuditImportance::Normal];
    for number in 0..500 {
        for tenant in [a, b] {
            auditor.tell_as(importance[number % 3], numbered(&auditor, tenant, number));
        }
        if number % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    auditor.flush().await;
    for tenant in [a, b] {
        assert_eq!(sink.details(tenant, "number").await, numbers(500));
        assert!(sink.log.verify(tenant, None).await.unwrap().is_whole());
    }
    assert!(sink.calls() < 100, "in batches: {}", sink.calls());
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_fails_hangs_or_panics_gets_everything_once_it_is_good() {
    let (a, b) = two_tenants();
    for mood in [Mood::Away, Mood::Hanging, Mood::Panicking, Mood::Refusing] {
        // The refusing ones are offered each event anew, a few times.
        let calls = if matches!(mood, Mood::Away | Mood::Hanging) { 30 } else { 2 };
        let sink = Moody::new(mood, calls);
        let auditor = Auditor::new(sink.clone());
        for number in 0..50 {
            for tenant in [a, b] {
                auditor.tell(numbered(&auditor, tenant, number));
            }
        }
        auditor.flush().await;
        for tenant in [a, b] {
            assert_eq!(sink.details(tenant, "number").await, numbers(50), "{mood:?}");
        }
    }
}

/// What nobody takes is said to be lost, in the log of the tenant that lost it.
#[tokio::test(start_paused = true)]
async fn an_event_that_the_sink_refuses_for_good_is_confessed() {
    let (a, b) = two_tenants();
    for mood in [Mood::Panicking, Mood::Refusing] {
        // A batch, then three offers of the first event; the second one is taken.
        let sink = Moody::new(mood, 4);
        let auditor = Auditor::new(sink.clone());
        auditor.tell(numbered(&auditor, a, 0));
        auditor.tell(numbered(&auditor, b, 1));
        auditor.flush().await;
        let [lost] = &sink.of(a).await[..] else { panic!("{mood:?}") };
        assert_eq!((lost.action(), lost.times().get()), (&AuditAction::EVENTS_LOST, 1));
        assert_eq!(sink.details(b, "number").await, ["1"]);
        assert_eq!(sink.of(b).await.len(), 1, "it has lost nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_in_or_is_an_error() {
    let (a, b) = two_tenants();
    let sink = Moody::good();
    let auditor = Auditor::new(sink.clone());
    for tenant in [a, b] {
        auditor.record(numbered(&auditor, tenant, 0)).await.unwrap();
        assert_eq!(sink.of(tenant).await.len(), 1);
    }
    for (mood, kind) in [
        (Mood::Away, ErrorKind::Unavailable),
        (Mood::Hanging, ErrorKind::Unavailable),
        (Mood::Refusing, ErrorKind::Internal),
        (Mood::Panicking, ErrorKind::Internal),
    ] {
        let sink = Moody::new(mood, usize::MAX);
        let auditor = Auditor::options().patience(Duration::from_secs(2)).build(sink.clone());
        let started = tokio::time::Instant::now();
        for tenant in [a, b] {
            let error = auditor.record(numbered(&auditor, tenant, 0)).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{mood:?}");
            assert!(sink.of(tenant).await.is_empty());
        }
        assert!(started.elapsed() <= Duration::from_secs(5), "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fan_out_gives_to_all_whatever_one_of_them_does() {
    let (a, b) = two_tenants();
    for mood in [Mood::Away, Mood::Refusing, Mood::Hanging, Mood::Panicking] {
        let (bad, good) = (Moody::new(mood, usize::MAX), MemoryAuditLog::new());
        let both = AuditFanOut::new().with(bad.clone()).with(good.clone());
        let auditor = Auditor::new(both);
        for tenant in [a, b] {
            auditor.record(numbered(&auditor, tenant, 0)).await.unwrap_err();
            auditor.tell(numbered(&auditor, tenant, 1));
        }
        // Long enough for it to be tried again, which the good one must not take as another.
        tokio::time::sleep(Duration::from_mins(2)).await;
        bad.recover();
        auditor.flush().await;
        for tenant in [a, b] {
            let found = good.find(tenant, &AuditQuery::new()).await.unwrap();
            let done = found.iter().filter(|entry| *entry.event().action() == DONE).count();
            assert_eq!(done, 2, "{mood:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_failures_alike_is_two_events() {
    let (a, _) = two_tenants();
    let sink = Moody::good();
    let auditor = Auditor::new(sink.clone());
    let fail = |tenant| {
        auditor.event_of(tenant, AuditAction::RESOLUTION_FAILED).with_outcome(AuditOutcome::Denied)
    };
    for _ in 0..100_000 {
        auditor.tell_alike(AuditImportance::Normal, "203.0.113.9", fail(TenantId::PLATFORM));
    }
    auditor.tell_alike(AuditImportance::Normal, "203.0.113.9", fail(a));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(sink.of(TenantId::PLATFORM).await.len(), 1, "the first is told at once");
    // The window closes by itself, and another one opens.
    tokio::time::sleep(Duration::from_secs(61)).await;
    let times = async |tenant| {
        let events = sink.of(tenant).await;
        events.iter().map(|event| event.times().get()).collect::<Vec<_>>()
    };
    assert_eq!(times(TenantId::PLATFORM).await, [1, 99_999]);
    assert_eq!(times(a).await, [1]);
    auditor.tell_alike(AuditImportance::Normal, "203.0.113.9", fail(TenantId::PLATFORM));
    auditor.flush().await;
    assert_eq!(times(TenantId::PLATFORM).await, [1, 99_999, 1]);
}

/// The least important events go, and nobody is told less than the truth about it.
#[test]
fn a_flood_that_differs_each_time_stays_bounded_and_is_counted() {
    const FLOOD: u64 = 100_000;
    let (a, b) = two_tenants();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sink = Moody::good();
            let auditor = Auditor::options().queue(200).build(sink.clone());
            // Nothing is drained meanwhile: there is one thread.
            for number in 0..FLOOD {
                let event = auditor.event_of(TenantId::PLATFORM, AuditAction::RESOLUTION_FAILED);
                auditor.tell_as(AuditImportance::Low, event.with_detail("at", &number.to_string()));
                if number % 1_000 == 0 {
                    let important = if number % 2_000 == 0 { a } else { b };
                    let event = auditor.event_of(important, AuditAction::CROSSING_BLOCKED);
                    auditor.tell_as(AuditImportance::High, event);
                }
            }
            auditor.flush().await;
            for tenant in [a, b] {
                let kept = sink.of(tenant).await;
                assert_eq!(kept.len(), 50, "none of the important ones is lost");
            }
            let events = sink.of(TenantId::PLATFORM).await;
            let (said, kept): (Vec<_>, Vec<_>) =
                events.iter().partition(|event| *event.action() == AuditAction::EVENTS_LOST);
            assert_eq!(kept.len(), 100);
            assert_eq!(kept[0].detail("at"), Some("0"), "how it began is kept");
            let lost: u64 = said.iter().map(|event| event.times().get()).sum();
            assert_eq!(lost + kept.len() as u64, FLOOD);
        });
    });
    let dropped = snapshotter.snapshot().into_vec().into_iter().find_map(|(key, _, _, value)| {
        let is_it = key.key().name() == "tenancy_audit_dropped_total";
        match value {
            DebugValue::Counter(count) if is_it => Some(count),
            _ => None,
        }
    });
    assert_eq!(dropped, Some(FLOOD - 100));
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_away_for_long_costs_bounded_memory_and_no_time() {
    let (a, b) = two_tenants();
    let sink = Moody::new(Mood::Hanging, usize::MAX);
    let auditor = Auditor::options().queue(50).build(sink.clone());
    let started = std::time::Instant::now();
    for number in 0..20_000 {
        auditor.tell(numbered(&auditor, if number % 2 == 0 { a } else { b }, number));
    }
    assert!(started.elapsed() < Duration::from_secs(5), "telling waits for nobody");
    tokio::time::sleep(Duration::from_mins(10)).await;
    sink.recover();
    auditor.flush().await;
    let mut told = 0;
    for tenant in [a, b] {
        let events = sink.of(tenant).await;
        assert!(events.len() <= 152, "{}", events.len());
        told += events.iter().map(|event| event.times().get()).sum::<u64>();
    }
    assert_eq!(told, 20_000, "each event is there, or counted as lost");
}

/// A runtime that ends takes no event along: the next one brings it to the sink.
#[test]
fn events_outlive_the_runtime_they_were_told_in() {
    let (a, b) = two_tenants();
    let sink = Moody::new(Mood::Hanging, 1);
    let auditor = Auditor::new(sink.clone());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime().block_on(async {
        auditor.tell(numbered(&auditor, a, 0));
        auditor.tell(numbered(&auditor, b, 0));
        tokio::task::yield_now().await;
    });
    assert_eq!(sink.calls(), 1, "it was on its way");
    // Told where there is no runtime at all.
    auditor.tell(numbered(&auditor, a, 1));
    runtime().block_on(async {
        auditor.flush().await;
        assert_eq!(sink.details(a, "number").await, ["0", "1"]);
        assert_eq!(sink.details(b, "number").await, ["0"]);
    });
}

/// Whoever stops waiting takes nothing along.
#[tokio::test(start_paused = true)]
async fn a_cancelled_flush_loses_nothing() {
    let (a, b) = two_tenants();
    let sink = Moody::new(Mood::Hanging, 3);
    let auditor = Auditor::new(sink.clone());
    for tenant in [a, b] {
        auditor.tell(numbered(&auditor, tenant, 0));
    }
    let cut = tokio::time::timeout(Duration::from_secs(1), auditor.flush()).await;
    assert!(cut.is_err());
    auditor.flush().await;
    for tenant in [a, b] {
        assert_eq!(sink.details(tenant, "number").await, ["0"]);
    }
}
