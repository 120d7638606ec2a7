//! Limits over HTTP: one tenant's never touch another's.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tenancy_axum::{RateLimitLayer, TenantLayer};
use tenancy_core::limit::{Call, Decision, Limit, MemoryRateLimiter, RateLimiter};
use tenancy_core::{Error, ErrorKind, TenantId, async_trait};

use super::answer::{Answer, send};
use super::app::{at, routes};
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::world::{Member, World, get, get_from};

/// What the plan of these tests' tenants allows in a minute.
const PLAN: usize = 60;
const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

fn limiter(world: &World) -> RateLimitLayer {
    RateLimitLayer::new(Arc::new(MemoryRateLimiter::new(world.clock.clone())))
}

fn app(world: &World, limits: RateLimitLayer) -> Router {
    routes().layer(limits).layer(TenantLayer::new(world.chain()))
}

async fn by_key(app: &Router, member: &Member) -> Answer {
    send(app, bearer(get(), member.key.reveal())).await
}

#[tokio::test]
async fn a_tenant_has_what_its_plan_allows_and_no_more() {
    let world = World::new();
    let app = app(&world, limiter(&world).by_plan());
    for left in (0..PLAN).rev() {
        let answer = by_key(&app, &world.north).await;
        assert_eq!(answer.body, "north");
        assert_eq!(answer.header("x-ratelimit-remaining"), left.to_string());
    }
    let limited = by_key(&app, &world.north).await;
    assert_eq!(limited.told(), (429, "rate_limited".to_owned()));
    assert!(!limited.header("x-request-id").is_empty());

    // The neighbour has all of its own.
    let neighbour = by_key(&app, &world.south).await;
    assert_eq!(neighbour.header("x-ratelimit-remaining"), (PLAN - 1).to_string());

    world.clock.advance(Duration::from_mins(1));
    assert_eq!(by_key(&app, &world.north).await.status, 200);
}

#[tokio::test]
async fn both_kinds_of_header_fields_say_where_one_stands() {
    let world = World::new();
    let app = app(&world, limiter(&world).by_plan().and_by_principal(THREE));
    by_key(&app, &world.south).await;
    world.clock.advance(Duration::from_millis(17_500));
    for _ in 0..2 {
        by_key(&app, &world.north).await;
        by_key(&app, &world.south).await;
    }
    let allowed = by_key(&app, &world.north).await;
    assert_eq!(allowed.header("ratelimit-policy"), r#""tenant";q=60;w=60, "principal";q=3;w=60"#);
    assert_eq!(allowed.header("ratelimit"), r#""tenant";r=57;t=60, "principal";r=0;t=60"#);
    assert_eq!(allowed.header("x-ratelimit-limit"), "3");
    assert_eq!(allowed.header("x-ratelimit-remaining"), "0");
    assert_eq!(allowed.header("x-ratelimit-reset"), "60");
    assert_eq!(allowed.header("retry-after"), "");

    let limited = by_key(&app, &world.south).await;
    assert_eq!(limited.status, 429);
    // Its first call leaves the window 42.5 seconds from now; seconds round up.
    assert_eq!(limited.header("retry-after"), "43");
    assert_eq!(limited.header("x-ratelimit-remaining"), "0");
    assert!(limited.header("ratelimit").contains(r#""principal";r=0;t=43"#), "{limited:?}");
}

#[tokio::test]
async fn a_principal_is_limited_without_its_colleagues() {
    let world = World::new();
    let app = app(&world, limiter(&world).by_plan().and_by_principal(THREE));
    let ada = |member| Strategy::Jwt.naming(&world, member, get());
    for _ in 0..3 {
        assert_eq!(send(&app, ada(&world.north)).await.status, 200);
    }
    for _ in 0..5 {
        assert_eq!(send(&app, ada(&world.north)).await.status, 429);
    }
    // What was refused was not charged to the tenant either.
    let colleague = by_key(&app, &world.north).await;
    assert!(colleague.header("ratelimit").contains(r#""tenant";r=56"#), "{colleague:?}");
    // Another tenant's user of the same name is somebody else.
    assert_eq!(send(&app, ada(&world.south)).await.header("x-ratelimit-remaining"), "2");
}

/// Strangers at a tenant's host must not use up what its customers are worth.
#[tokio::test]
async fn strangers_at_the_host_share_a_limit_of_their_own() {
    let world = World::new();
    let app = app(&world, limiter(&world).by_plan());
    for _ in 0..PLAN {
        assert_eq!(send(&app, get_from(&world.north.host())).await.status, 200);
    }
    assert_eq!(send(&app, get_from(&world.north.host())).await.status, 429);
    let customer = by_key(&app, &world.north).await;
    assert_eq!(customer.header("x-ratelimit-remaining"), (PLAN - 1).to_string());
    assert_eq!(send(&app, get_from(&world.south.host())).await.status, 200);
}

#[tokio::test]
async fn requests_without_a_tenant_pass_and_refused_ones_are_not_charged() {
    let world = World::new();
    let app = app(&world, limiter(&world).by_plan());
    for _ in 0..=PLAN {
        let answer = send(&app, at("/public", get())).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""));
        let contradiction =
            Strategy::KeyHeader.naming(&world, &world.north, get_from("south.base.com"));
        assert_eq!(send(&app, contradiction).await.status, 403);
    }
    let north = by_key(&app, &world.north).await;
    assert_eq!(north.header("x-ratelimit-remaining"), (PLAN - 1).to_string());
}

#[tokio::test]
async fn without_rules_nothing_is_limited() {
    let world = World::new();
    let app = app(&world, limiter(&world));
    for _ in 0..=PLAN {
        assert_eq!(by_key(&app, &world.north).await.header("ratelimit"), "");
        assert_eq!(by_key(&app, &world.south).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_requests_get_exactly_what_is_allowed() {
    let world = Arc::new(World::new());
    let app = app(&world, limiter(&world).by_plan());
    let requests = (0..PLAN * 4).map(|turn| {
        let (app, world) = (app.clone(), world.clone());
        tokio::spawn(async move {
            let member = if turn % 2 == 0 { &world.north } else { &world.south };
            let answer = by_key(&app, member).await;
            (member.slug, answer.status.as_u16())
        })
    });
    let mut answers = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        answers.push(request.await.unwrap());
    }
    for slug in ["north", "south"] {
        let served = answers.iter().filter(|answer| **answer == (slug, 200)).count();
        let limited = answers.iter().filter(|answer| **answer == (slug, 429)).count();
        assert_eq!((served, limited), (PLAN, PLAN), "{slug}");
    }
}

/// A limiter that cannot decide.
struct Broken(ErrorKind);

#[async_trait]
impl RateLimiter for Broken {
    async fn decide(&self, _: TenantId, _: &[Limit], _: Call) -> Result<Decision, Error> {
        Err(Error::new(self.0, "ask 10.1.2.3:6379"))
    }
}

#[tokio::test]
async fn when_nobody_can_decide_nobody_passes() {
    let world = World::new();
    let broken = |kind| app(&world, RateLimitLayer::new(Arc::new(Broken(kind))).by_plan());
    for (kind, status, code) in [
        (ErrorKind::Unavailable, 503, "unavailable"),
        (ErrorKind::Invalid, 500, "internal"),
        (ErrorKind::Misconfigured, 500, "internal"),
    ] {
        for member in [&world.north, &world.south] {
            let answer = by_key(&broken(kind), member).await;
            assert_eq!(answer.told(), (status, code.to_owned()));
            assert!(!answer.body.contains("10.1.2.3"), "{}", answer.body);
        }
        // Who has no tenant has no limit, and asks nobody.
        assert_eq!(send(&broken(kind), at("/public", get())).await.status, 200);
    }
}
