//! How grants are found: when, how often, and for whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get as route_get;
use tenancy_axum::{AccessLayer, CurrentAccess};
use tenancy_core::access::{GrantSource, Grants, MemoryGrants};
use tenancy_core::{
    Actor, ActorKind, Error, ErrorKind, TenantContext, TenantDirectory as _, TenantId, TenantKey,
    async_trait,
};

use super::desk::{Desk, ada, app, catalogue, denied, role};
use crate::edge::answer::send;
use crate::edge::app::at;
use crate::resolve::strategy::Strategy;
use crate::resolve::world::{Member, World, get};

/// Counts how often it is asked, and fails as often as it is told.
struct Counting {
    grants: MemoryGrants,
    asked: AtomicUsize,
    failures: AtomicUsize,
}

#[async_trait]
impl GrantSource for Counting {
    async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let fails = |left: usize| left.checked_sub(1);
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Err(Error::new(ErrorKind::Unavailable, "read grants from 10.1.2.3"));
        }
        self.grants.grants(tenant, actor).await
    }
}

fn counting(world: &World) -> Arc<Counting> {
    let grants = MemoryGrants::new();
    for member in [&world.north, &world.south] {
        grants.grant(member.id, &ada(), role("g1", "accountant", "tenant"));
    }
    Arc::new(Counting { grants, asked: AtomicUsize::new(0), failures: AtomicUsize::new(0) })
}

#[tokio::test]
async fn grants_are_found_once_for_a_request_and_only_when_asked_for() {
    let world = World::new();
    let source = counting(&world);
    let app = app(&world, source.clone());
    for member in [&world.north, &world.south] {
        let before = source.asked.load(Ordering::SeqCst);
        let token = || Strategy::Jwt.naming(&world, member, get());
        assert_eq!(send(&app, at("/public", token())).await.body, "everybody's");
        assert_eq!(source.asked.load(Ordering::SeqCst), before);
        let answer = send(&app, at("/twice", token())).await;
        assert_eq!(answer.body, "books:close payments:refund payments:view");
        assert_eq!(source.asked.load(Ordering::SeqCst), before + 1);
        // The next request sees what was given or taken meanwhile.
        source.grants.revoke(member.id, &ada(), "g1");
        assert_eq!(send(&app, at("/twice", token())).await.told(), denied());
    }
}

#[tokio::test]
async fn a_source_that_is_away_permits_nothing_and_is_no_403() {
    let world = World::new();
    let source = counting(&world);
    let app = app(&world, source.clone());
    for member in [&world.north, &world.south] {
        for path in ["/close", "/refunds/1", "/perhaps"] {
            source.failures.store(1, Ordering::SeqCst);
            let answer = send(&app, at(path, Strategy::Jwt.naming(&world, member, get()))).await;
            assert_eq!(answer.told(), (503, "unavailable".to_owned()), "{path}");
        }
        let answer = send(&app, at("/close", Strategy::Jwt.naming(&world, member, get()))).await;
        assert_eq!(answer.body, "g1");
    }
}

/// A program that lets one request's extensions into another's finds out.
#[tokio::test]
async fn what_was_found_for_one_never_decides_for_another() {
    let desk = Desk::new();
    let (north, south) = (&desk.world.north, &desk.world.south);
    for member in [north, south] {
        desk.grant(member, role("g1", "accountant", "tenant"));
    }
    let context = async |member: &Member, actor: Actor| {
        let found = desk.world.directory.find(&TenantKey::Id(member.id)).await.unwrap().unwrap();
        TenantContext::for_program(found.tenant).with_actor(actor)
    };
    for (first, second) in [(north, south), (south, north)] {
        let layered = Router::new()
            .route("/", route_get(async |extensions: http::Extensions| {
                CurrentAccess::attached(&extensions).await.unwrap();
                let kind = |context: TenantContext| {
                    let mut extensions = extensions.clone();
                    extensions.insert(context);
                    async move { CurrentAccess::attached(&extensions).await.unwrap_err().kind() }
                };
                let others = extensions.get::<Others>().unwrap().clone();
                format!("{:?} {:?}", kind(others.tenant).await, kind(others.actor).await)
            }))
            .layer(AccessLayer::new(desk.grants.clone(), catalogue()));
        let others = Others {
            tenant: context(second, ada()).await,
            actor: context(first, Actor::new(ActorKind::User, "eve")).await,
        };
        let request = get().extension(context(first, ada()).await).extension(others);
        assert_eq!(send(&layered, request).await.body, "ForeignTenant Misconfigured");
    }
}

#[derive(Clone)]
struct Others {
    tenant: TenantContext,
    actor: TenantContext,
}
