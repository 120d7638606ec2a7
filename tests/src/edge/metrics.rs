//! Numbers of each tenant, within a budget of labels.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::routing::get as route_get;
use http::StatusCode;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tenancy_axum::{MetricsLayer, TenantLayer};

use super::answer::send;
use super::app::{at, routes};
use crate::resolve::strategy::bearer;
use crate::resolve::world::{World, get};

#[test]
fn requests_count_under_their_tenant_while_the_budget_lasts() {
    let world = World::new();
    let slow = Arc::new(Mutex::new(Vec::new()));
    let seen = slow.clone();
    let layer = MetricsLayer::new()
        .label_at_most(2)
        .pin(world.south.id)
        .by_route(|parts| if parts.uri.path() == "/how" { "how" } else { "" })
        .on_slow(Duration::ZERO, move |request| {
            let whose = request.context().map(tenancy_core::TenantContext::tenant_id);
            seen.lock().unwrap().push((whose, request.route()));
        });
    let app = routes()
        .route("/limited", route_get(async || StatusCode::TOO_MANY_REQUESTS))
        .layer(layer)
        .layer(TenantLayer::new(world.chain()));
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for member in [&world.museum, &world.north, &world.south] {
                let with_key = || bearer(get(), member.key.reveal());
                send(&app, at("/how", with_key())).await;
                send(&app, at("/limited", with_key())).await;
            }
            send(&app, at("/public", get())).await;
        });
    });
    let mut counts = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels = key.key().labels().map(|label| label.value().to_owned()).collect::<Vec<_>>();
        let count = match value {
            DebugValue::Counter(count) => count,
            DebugValue::Histogram(times) => u64::try_from(times.len()).unwrap(),
            DebugValue::Gauge(_) => continue,
        };
        counts.insert((key.key().name().to_owned(), labels.join("/")), count);
    }
    let of = |name: &str, labels: &str| {
        counts.get(&(name.to_owned(), labels.to_owned())).copied().unwrap_or_default()
    };
    let (museum, south) = (world.museum.id, world.south.id);
    for tenant in [museum.to_string(), south.to_string(), "other".to_owned()] {
        assert_eq!(of("tenancy_requests_total", &format!("{tenant}/how/2xx")), 1, "{counts:?}");
        assert_eq!(of("tenancy_requests_total", &format!("{tenant}//4xx")), 1);
        assert_eq!(of("tenancy_requests_limited_total", &format!("{tenant}/")), 1);
        assert_eq!(of("tenancy_request_seconds", &format!("{tenant}/how")), 1);
    }
    assert_eq!(of("tenancy_requests_total", "none//2xx"), 1);
    assert!(counts.keys().all(|(_, labels)| !labels.contains(&world.north.id.to_string())));
    let slow = slow.lock().unwrap();
    assert_eq!(slow.len(), 7);
    assert!(slow.contains(&(Some(world.north.id), "how")) && slow.contains(&(None, "")));
}
