//! A service behind a buffer, whose worker is a task of its own.

use std::convert::Infallible;

use tenancy_axum::{CarryLayer, DeliverLayer};
use tokio::task::yield_now;
use tower::{Service, ServiceBuilder, ServiceExt as _};

use super::{slug, two};

/// Where it is called, and where it goes on.
fn looks(_: u8) -> impl Future<Output = Result<String, Infallible>> {
    let called = slug();
    async move {
        yield_now().await;
        Ok(format!("{called} {}", slug()))
    }
}

#[tokio::test]
async fn without_the_layers_the_context_is_lost() {
    let service = ServiceBuilder::new().buffer(4).service_fn(looks);
    for context in two() {
        let name = context.tenant().slug().to_string();
        let answer = context.scope(service.clone().oneshot(1)).await.unwrap();
        assert!(answer.starts_with("- ") && answer.ends_with(&name), "{answer}");
    }
}

#[tokio::test]
async fn with_them_it_goes_past_the_buffer() {
    let service = ServiceBuilder::new()
        .layer(CarryLayer::new())
        .buffer(4)
        .layer(DeliverLayer::new())
        .service_fn(looks);
    let contexts = two();
    let mut running = tokio::task::JoinSet::new();
    for turn in 0..40 {
        let (context, service) = (contexts[turn % 2].clone(), service.clone());
        running.spawn(async move {
            let name = context.tenant().slug().to_string();
            let answer = context.scope(service.oneshot(1)).await.unwrap();
            assert_eq!(answer, format!("{name} {name}"));
        });
    }
    running.join_all().await;
    // The next caller has no tenant, whoever was served before.
    assert_eq!(service.oneshot(1).await.unwrap(), "- -");
}

/// The response may be waited for anywhere.
#[tokio::test]
async fn without_a_buffer_a_response_stays_its_callers() {
    let mut service =
        ServiceBuilder::new().layer(CarryLayer::new()).layer(DeliverLayer::new()).service_fn(looks);
    let [north, south] = two();
    let response = north.sync_scope(|| service.call(1));
    assert_eq!(south.scope(response).await.unwrap(), "north north");
}
