//! Every answer can be found in the logs.

use http::HeaderValue;
use tenancy_axum::TenantLayer;
use tenancy_core::{RequestId, TenantContext};

use super::answer::send;
use super::app::app;
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::world::{World, get};

const X_REQUEST_ID: &str = "x-request-id";

#[tokio::test]
async fn a_good_one_is_echoed_on_every_answer() {
    let world = World::new();
    let app = app(&world);
    for (request, status) in [
        (bearer(get(), world.north.key.reveal()), 200),
        (bearer(get(), world.south.key.reveal()), 200),
        (bearer(get(), world.frozen.key.reveal()), 403),
        (bearer(get(), "nonsense"), 401),
        (get(), 400),
        (get().uri("/nowhere"), 404),
    ] {
        let answer = send(&app, request.header(X_REQUEST_ID, "caller-17_a.b")).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header(X_REQUEST_ID), "caller-17_a.b");
    }
}

#[tokio::test]
async fn one_that_is_missing_malformed_or_twice_is_made() {
    let world = World::new();
    let app = app(&world);
    let long = "x".repeat(65);
    let malformed = ["", "a b", "a\tb", "a;b", "<script>", "../etc", &long];
    let mut requests: Vec<_> = malformed.iter().map(|id| get().header(X_REQUEST_ID, *id)).collect();
    requests.push(get().header(X_REQUEST_ID, HeaderValue::from_bytes(b"\xff").unwrap()));
    requests.push(get().header(X_REQUEST_ID, "one").header(X_REQUEST_ID, "one"));
    requests.push(get());

    let mut made = std::collections::BTreeSet::new();
    let count = requests.len();
    for request in requests {
        let answer = send(&app, Strategy::Jwt.naming(&world, &world.north, request)).await;
        let id = answer.header(X_REQUEST_ID).to_owned();
        assert!(RequestId::parse(&id).is_ok() && id != "one", "{id}");
        made.insert(id);
    }
    assert_eq!(made.len(), count);
}

#[tokio::test]
async fn the_handler_finds_the_same_one() {
    async fn ids(extension: axum::Extension<RequestId>) -> String {
        let current = TenantContext::try_current();
        let current = current.and_then(|context| context.request_id().cloned());
        format!("{} {}", *extension, current.map_or("-".to_owned(), |id| id.to_string()))
    }
    let world = World::new();
    let app = axum::Router::new()
        .route("/", axum::routing::get(ids))
        .layer(TenantLayer::new(world.chain()));
    let named = Strategy::Jwt.naming(&world, &world.south, get());
    assert_eq!(send(&app, named.header(X_REQUEST_ID, "one")).await.body, "one one");
    assert_eq!(send(&app, get().header(X_REQUEST_ID, "two")).await.body, "two -");
}
