//! What is measured.

use std::collections::BTreeMap;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tenancy_axum::{FairShareLayer, MetricsLayer};

use super::process::{Process, slots};

/// Returns each value since the last call, as text.
fn numbers(snapshotter: &Snapshotter) -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels = key.key().labels().map(|label| label.value().to_owned()).collect::<Vec<_>>();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(times) => {
                let tenths = times.iter().map(|time| (time.into_inner() * 10.0).round() / 10.0);
                format!("{:?}", tenths.collect::<Vec<_>>())
            }
        };
        numbers.insert(format!("{} {}", key.key().name(), labels.join("/")), value);
    }
    numbers
}

#[test]
fn who_waits_and_who_is_refused_is_counted_within_the_budget() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let world = crate::resolve::world::World::new();
    // The other layer's budget: North has no label of its own.
    let metrics = MetricsLayer::new().label_at_most(1).pin(world.south.id);
    let layer = FairShareLayer::new(slots(1))
        .queue_at_most(3)
        .queue_at_most_each(3)
        .wait_at_most(Duration::from_secs(1))
        .label_like(&metrics);
    let south = world.south.id;
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let process = Process::of(world, |routes| routes.layer(layer));
            let (north, south_member) = (&process.world.north, &process.world.south);
            let mut sent = vec![process.sends(north, "/for/600").await];
            for _ in 0..3 {
                sent.push(process.sends(south_member, "/for/600").await);
            }
            for _ in 0..2 {
                sent.push(process.sends(north, "/for/600").await);
            }
            let early = numbers(&snapshotter);
            assert_eq!(early[&format!("tenancy_fair_share_queued {south}")], "2", "{early:?}");
            assert_eq!(early["tenancy_fair_share_queued other"], "1");
            assert_eq!(early[&format!("tenancy_fair_share_refused_total {south}/pushed_out")], "1");
            assert_eq!(early["tenancy_fair_share_refused_total other/full"], "1");
            for request in sent {
                request.await.unwrap();
            }
        });
    });
    let late = numbers(&snapshotter);
    // As many have left as had come.
    assert_eq!(late[&format!("tenancy_fair_share_queued {south}")], "-2", "{late:?}");
    assert_eq!(late["tenancy_fair_share_queued other"], "-1");
    assert_eq!(late[&format!("tenancy_fair_share_refused_total {south}/timed_out")], "1");
    assert_eq!(late["tenancy_fair_share_refused_total other/timed_out"], "1");
    // Only who waited and was served.
    assert_eq!(late[&format!("tenancy_fair_share_wait_seconds {south}")], "[0.6]");
    assert!(!late.contains_key("tenancy_fair_share_wait_seconds other"));
}
