//! Layers within layers: each may resolve in its own way, all must agree.

use axum::Router;
use tenancy_axum::TenantLayer;
use tenancy_core::resolve::{ApiKeyResolver, SubdomainResolver};

use super::answer::send;
use super::app::{at, routes};
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::world::{BASE, Member, World, X_API_KEY, get, get_from};

/// The host is read outside, credentials inside.
fn nested(world: &World) -> Router {
    let outer = world.empty_chain().with(SubdomainResolver::under(BASE).unwrap());
    let inner = world.empty_chain().with(world.jwt());
    routes().layer(TenantLayer::new(inner)).layer(TenantLayer::new(outer))
}

#[tokio::test]
async fn the_outer_one_refuses_a_bearer_it_cannot_read() {
    let world = World::new();
    let app = nested(&world);
    let request = Strategy::Jwt.naming(&world, &world.north, get_from(&world.north.host()));
    assert_eq!(send(&app, request).await.told(), (401, "credential_invalid".to_owned()));
}

/// The host is read inside, credentials outside.
fn turned(world: &World) -> Router {
    let outer = world.empty_chain().with(ApiKeyResolver::header(X_API_KEY));
    let inner = world.empty_chain().with(SubdomainResolver::under(BASE).unwrap());
    routes().layer(TenantLayer::new(inner)).layer(TenantLayer::new(outer))
}

#[tokio::test]
async fn both_must_find_the_same_tenant() {
    let world = World::new();
    let app = turned(&world);
    for (member, other) in [(&world.north, &world.south), (&world.south, &world.north)] {
        let at_host_of =
            |host: &Member| Strategy::KeyHeader.naming(&world, member, get_from(&host.host()));
        assert_eq!(send(&app, at_host_of(member)).await.body, member.slug);
        let differing = send(&app, at_host_of(other)).await;
        assert_eq!(differing.told(), (403, "tenant_mismatch".to_owned()));
        assert_eq!(send(&app, get_from(&member.host())).await.body, member.slug);
    }
}

#[tokio::test]
async fn what_the_outer_one_found_holds_where_the_inner_one_finds_nobody_or_less() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let outer = world.chain();
        let finds_nobody = routes().layer(TenantLayer::new(world.empty_chain()));
        let app = finds_nobody.layer(TenantLayer::new(outer));
        let request = Strategy::KeyHeader.naming(&world, member, at("/how", get()));
        assert_eq!(send(&app, request).await.body, format!("{} via api_key", member.slug));

        let hosts = world.empty_chain().with(SubdomainResolver::under(BASE).unwrap());
        let finds_less = routes().layer(TenantLayer::new(hosts));
        let app = finds_less.layer(TenantLayer::new(world.chain()));
        let request = Strategy::KeyHeader.naming(&world, member, get_from(&member.host()));
        let me = send(&app, at("/me", request)).await;
        assert_eq!(me.body, format!("key_of_{}", member.slug));
    }
}

#[tokio::test]
async fn the_request_keeps_one_id() {
    let world = World::new();
    let app = routes()
        .route(
            "/id",
            axum::routing::get(async |id: axum::Extension<tenancy_core::RequestId>| id.to_string()),
        )
        .layer(TenantLayer::new(world.chain()))
        .layer(TenantLayer::new(world.chain()));
    for member in [&world.north, &world.south] {
        let answer = send(&app, at("/id", bearer(get(), member.key.reveal()))).await;
        assert_eq!(answer.body, answer.header("x-request-id"));
    }
}
