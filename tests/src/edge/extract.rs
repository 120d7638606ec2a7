//! What the extractors give, and what they say when there is nothing to give.

use std::sync::Arc;

use axum::Router;
use tenancy_axum::{RateLimitLayer, TenantLayer, UsageLayer};
use tenancy_core::limit::MemoryRateLimiter;
use tenancy_core::usage::MemoryUsageMeter;
use tenancy_core::{Tenant, TenantContext, TenantDirectory as _, TenantKey};

use super::answer::send;
use super::app::{app, at, routes};
use super::logs::Logs;
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::world::{Member, World, X_TENANT_ID, get, get_from};

#[tokio::test]
async fn each_gives_what_its_tenant_is() {
    let world = World::new();
    let app = app(&world);
    for member in [&world.north, &world.south] {
        let with_key = |path| at(path, bearer(get(), member.key.reveal()));
        assert_eq!(send(&app, with_key("/")).await.body, member.slug);
        assert_eq!(send(&app, with_key("/maybe")).await.body, member.slug);
        assert_eq!(send(&app, with_key("/how")).await.body, format!("{} via api_key", member.slug));
        assert_eq!(send(&app, with_key("/me")).await.body, format!("key_of_{}", member.slug));
        let token = Strategy::Jwt.naming(&world, member, get());
        assert_eq!(send(&app, at("/perhaps_me", token)).await.body, "ada");
    }
}

#[tokio::test]
async fn without_a_tenant_the_answer_says_how_to_name_one() {
    let world = World::new();
    let app = app(&world);
    for request in [get(), get().header(X_TENANT_ID, world.north.slug), get_from("base.com")] {
        let answer = send(&app, request).await;
        assert_eq!(answer.told(), (400, "tenant_required".to_owned()));
        for hint in ["credential", "host", "header"] {
            assert!(answer.problem("detail").contains(hint), "{}", answer.body);
        }
    }
    assert_eq!(send(&app, at("/how", get())).await.told(), (400, "tenant_required".to_owned()));
    assert_eq!(send(&app, at("/maybe", get())).await.body, "nobody");
}

#[tokio::test]
async fn an_actor_needs_a_credential_and_not_just_a_tenant() {
    let world = World::new();
    let app = app(&world);
    let unproved = [
        get(),
        get_from(&world.north.host()),
        Strategy::Header.naming(&world, &world.south, get()),
    ];
    for request in unproved {
        let answer = send(&app, at("/me", request)).await;
        assert_eq!(answer.told(), (401, "credential_required".to_owned()));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let at_south = at("/perhaps_me", get_from(&world.south.host()));
    assert_eq!(send(&app, at_south).await.body, "a stranger");
}

#[tokio::test]
async fn without_the_layer_the_log_says_what_to_add() {
    let world = World::new();
    for path in ["/", "/how", "/me", "/maybe", "/perhaps_me"] {
        let logs = Logs::start();
        let request = at(path, bearer(get_from(&world.north.host()), world.north.key.reveal()));
        let answer = send(&routes(), request).await;
        assert_eq!(answer.told(), (500, "internal".to_owned()), "{path}");
        assert!(!answer.body.contains("TenantLayer"), "{}", answer.body);
        let line = logs.line_with("add TenantLayer");
        assert!(line.contains("ERROR"), "{line}");
    }
}

/// Outside of `TenantLayer` they would see no tenant, and silently let everything pass.
#[tokio::test]
async fn layers_in_the_wrong_order_answer_500() {
    let world = World::new();
    let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
    let meter = Arc::new(MemoryUsageMeter::new(world.clock.clone()));
    let orders: [Router; 2] = [
        app(&world).layer(RateLimitLayer::new(limiter).by_plan()),
        app(&world).layer(UsageLayer::new(meter)),
    ];
    for app in orders {
        let logs = Logs::start();
        for member in [&world.north, &world.south] {
            let answer = send(&app, bearer(get(), member.key.reveal())).await;
            assert_eq!(answer.told(), (500, "internal".to_owned()));
        }
        assert!(logs.line_with("add TenantLayer").contains("ERROR"));
    }
}

/// A test of a handler needs no chain.
#[tokio::test]
async fn a_context_put_in_by_hand_will_do() {
    let world = World::new();
    for member in [&world.north, &world.south] {
        let context = TenantContext::for_program(record(&world, member).await);
        let answer = send(&routes(), get().extension(context)).await;
        assert_eq!(answer.body, member.slug);
    }
}

#[tokio::test]
async fn probes_mount_outside() {
    let world = World::new();
    let health = axum::routing::get(async || "ok");
    let app = routes().layer(TenantLayer::new(world.chain())).route("/health", health);
    let nonsense = || bearer(get_from("nobody.base.com"), "nonsense");
    assert_eq!(send(&app, at("/health", nonsense())).await.body, "ok");
    assert_eq!(send(&app, at("/public", nonsense())).await.status, 401);
}

async fn record(world: &World, member: &Member) -> Arc<Tenant> {
    world.directory.find(&TenantKey::Id(member.id)).await.unwrap().unwrap().tenant
}
