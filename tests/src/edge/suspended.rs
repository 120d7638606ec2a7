//! Routes that a suspended tenant still reaches: to sign in, to pay, to take its data along.

use http::Method;
use tenancy_axum::TenantLayer;

use super::answer::send;
use super::app::{at, by, routes};
use crate::resolve::strategy::bearer;
use crate::resolve::world::{World, get};

#[tokio::test]
async fn marked_routes_serve_and_others_do_not() {
    let world = World::new();
    let layer = TenantLayer::new(world.chain()).serve_suspended(|parts| parts.uri.path() == "/how");
    let app = routes().route("/pay", axum::routing::post(async || "paid")).layer(layer);
    let with = |member: &crate::resolve::world::Member| bearer(get(), member.key.reveal());
    let served = send(&app, at("/how", with(&world.frozen))).await;
    assert_eq!((served.status.as_u16(), &*served.body), (200, "frozen via api_key"));
    let refused = send(&app, with(&world.frozen)).await;
    assert_eq!(refused.told(), (403, "tenant_suspended".to_owned()));
    // The mark lifts a status, and neither a closed tenant's end nor a contradiction.
    let closed = send(&app, at("/how", with(&world.gone))).await;
    assert_eq!(closed.told(), (401, "credential_invalid".to_owned()));
    let north = send(&app, at("/how", with(&world.north))).await;
    assert_eq!(north.body, "north via api_key");
}

#[tokio::test]
async fn a_read_only_tenant_may_change_something_on_a_marked_route() {
    let world = World::new();
    let layer = TenantLayer::new(world.chain()).serve_suspended(|parts| parts.uri.path() == "/pay");
    let app = routes().route("/pay", axum::routing::post(async || "paid")).layer(layer);
    for member in [&world.museum, &world.frozen, &world.north] {
        let request = by(Method::POST, bearer(get(), member.key.reveal())).uri("/pay");
        assert_eq!(send(&app, request).await.body, "paid", "{}", member.slug);
    }
    let request = by(Method::POST, bearer(get(), world.museum.key.reveal()));
    assert_eq!(send(&app, request).await.told(), (403, "tenant_read_only".to_owned()));
}
