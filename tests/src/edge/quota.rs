//! Quotas over HTTP: never exceeded, given back when the work was not done.

use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use http::{Method, StatusCode};
use tenancy_axum::{QuotaLayer, TenantLayer};
use tenancy_core::usage::{MemoryQuotaMeter, Meter, QuotaMeter, Reserved};
use tenancy_core::{Allowance, Overrides, Plan, Tenant, TenantId, TenantSlug};
use tower::ServiceExt as _;

use super::answer::{Answer, send};
use super::app::by;
use crate::resolve::strategy::bearer;
use crate::resolve::world::{Member, World, get};

const PAYMENTS: Meter = Meter::from_static("payments");
const ALLOWED: u64 = 5;

/// An application whose payments are limited in each month.
struct Limited {
    world: World,
    quotas: Arc<MemoryQuotaMeter>,
    app: Router,
}

impl Limited {
    fn new() -> Self {
        let world = World::new();
        for member in [&world.north, &world.south] {
            let plan = Arc::new(Plan::new("team", NonZeroU32::MIN));
            let overrides = Overrides::new().with_allowance("payments", Allowance::AtMost(ALLOWED));
            let slug = TenantSlug::parse(member.slug).unwrap();
            let tenant = Tenant::new(member.id, slug, plan).with_overrides(overrides);
            world.directory.insert(tenant).unwrap();
        }
        let quotas = Arc::new(MemoryQuotaMeter::new(world.clock.clone()));
        let layer = QuotaLayer::new(quotas.clone(), |parts| {
            (parts.method == Method::POST).then_some((PAYMENTS, 1))
        });
        let app = routes().layer(layer).layer(TenantLayer::new(world.chain()));
        Self { world, quotas, app }
    }

    async fn pay(&self, path: &'static str, member: &Member) -> Answer {
        let request = by(Method::POST, bearer(get(), member.key.reveal())).uri(path);
        send(&self.app, request).await
    }

    async fn used(&self, member: &Member) -> u64 {
        // What was dropped is released in a task.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.quotas.used(member.id, &PAYMENTS).await.unwrap()
    }

    /// Returns how much more could be reserved now.
    async fn room(&self, member: &Member) -> u64 {
        let limit = Allowance::AtMost(ALLOWED);
        self.used(member).await;
        for amount in (1..=ALLOWED).rev() {
            let reserved = self.quotas.reserve(member.id, &PAYMENTS, amount, limit).await.unwrap();
            if let Reserved::Held(reservation) = reserved {
                self.quotas.release(&reservation).await.unwrap();
                return amount;
            }
        }
        0
    }
}

fn routes() -> Router {
    Router::new()
        .route("/", post(async || "paid"))
        .route("/moved", post(async || StatusCode::SEE_OTHER))
        .route("/refused", post(async || StatusCode::CONFLICT))
        .route("/broken", post(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/panic", post(panics))
        .route("/slow", post(slow))
}

async fn panics() {
    panic!("the handler panics here");
}

/// Waits three times.
async fn slow() -> &'static str {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    "paid"
}

#[tokio::test]
async fn a_month_has_so_many_and_the_next_as_many_again() {
    let limited = Limited::new();
    let (north, south) = (&limited.world.north, &limited.world.south);
    for _ in 0..ALLOWED {
        assert_eq!(limited.pay("/", north).await.status, 200);
    }
    let refused = limited.pay("/", north).await;
    assert_eq!(refused.told(), (429, "quota_exceeded".to_owned()));
    assert_eq!(refused.problem("param"), "payments");
    assert_eq!(limited.used(north).await, ALLOWED);
    assert_eq!(limited.pay("/moved", south).await.status, 303);
    assert_eq!((limited.used(south).await, limited.room(south).await), (1, ALLOWED - 1));

    limited.world.clock.advance(Duration::from_hours(24 * 20));
    assert_eq!(limited.pay("/", north).await.status, 200);
    assert_eq!(limited.used(north).await, 1);
}

#[tokio::test]
async fn what_fails_is_given_back() {
    let limited = Limited::new();
    let (north, south) = (&limited.world.north, &limited.world.south);
    for _ in 0..2 * ALLOWED {
        assert_eq!(limited.pay("/refused", north).await.status, 409);
        assert_eq!(limited.pay("/broken", south).await.status, 500);
        let request = by(Method::POST, bearer(get(), north.key.reveal())).uri("/panic");
        let request = request.body(axum::body::Body::empty()).unwrap();
        let panics = tokio::spawn(limited.app.clone().oneshot(request)).await;
        assert!(panics.unwrap_err().is_panic());
        assert_eq!((limited.used(north).await, limited.room(north).await), (0, ALLOWED));
        assert_eq!((limited.used(south).await, limited.room(south).await), (0, ALLOWED));
    }
}

/// A request is dropped after each number of polls; it is counted once or not at all.
#[tokio::test]
async fn a_request_cancelled_anywhere_leaves_nothing_held() {
    let limited = Limited::new();
    let (north, south) = (&limited.world.north, &limited.world.south);
    assert_eq!(limited.pay("/", south).await.status, 200);
    let mut finished = false;
    for polls in 0..100 {
        let request = by(Method::POST, bearer(get(), north.key.reveal())).uri("/slow");
        let request = request.body(axum::body::Body::empty()).unwrap();
        let before = limited.used(north).await;
        {
            let mut serving = pin!(limited.app.clone().oneshot(request));
            for _ in 0..polls {
                let mut cx = Context::from_waker(Waker::noop());
                finished = serving.as_mut().poll(&mut cx).is_ready();
                tokio::task::yield_now().await;
            }
        }
        let after = limited.used(north).await;
        assert!(after == before || after == before + 1, "after {polls} polls");
        assert_eq!(limited.room(north).await, ALLOWED - after, "after {polls} polls");
        assert!(tenancy_core::TenantContext::try_current().is_none());
        if finished {
            break;
        }
    }
    assert!(finished);
    assert!(limited.used(north).await >= 1);
    assert_eq!(limited.room(south).await, ALLOWED - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_requests_never_exceed_it() {
    let limited = Arc::new(Limited::new());
    let requests: Vec<_> = (0..40)
        .map(|turn| {
            let limited = limited.clone();
            tokio::spawn(async move {
                let world = &limited.world;
                let member = if turn % 2 == 0 { &world.north } else { &world.south };
                (member.slug, limited.pay("/slow", member).await.status.as_u16())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    for slug in ["north", "south"] {
        let served = answers.iter().filter(|answer| **answer == (slug, 200)).count();
        assert_eq!(u64::try_from(served).unwrap(), ALLOWED, "{slug}");
    }
}

#[tokio::test]
async fn a_reservation_runs_out_and_sums_do_not_overflow() {
    let world = World::new();
    let quotas = MemoryQuotaMeter::new(world.clock.clone()).hold_for(Duration::from_secs(10));
    let (north, south): (TenantId, _) = (world.north.id, world.south.id);
    let reserve = async |tenant, amount, limit| {
        quotas.reserve(tenant, &PAYMENTS, amount, limit).await.unwrap()
    };
    let Reserved::Held(all) = reserve(north, u64::MAX, Allowance::Unlimited).await else {
        panic!("nothing limits it")
    };
    let Reserved::Exceeded(exceeded) = reserve(north, 1, Allowance::Unlimited).await else {
        panic!("the sum cannot be counted")
    };
    assert_eq!(exceeded.used().used(), u64::MAX);
    assert!(matches!(reserve(south, 1, Allowance::AtMost(1)).await, Reserved::Held(_)));
    world.clock.advance(Duration::from_secs(10));
    assert!(!quotas.commit(&all, 1).await.unwrap(), "it has run out");
    assert_eq!(quotas.used(north, &PAYMENTS).await.unwrap(), 0);

    let Reserved::Held(one) = reserve(north, 3, Allowance::AtMost(3)).await else {
        panic!("there is room again")
    };
    assert!(quotas.commit(&one, 4).await.is_err());
    assert!(quotas.commit(&one, 3).await.unwrap());
    assert!(!quotas.commit(&one, 3).await.unwrap(), "once only");
    assert_eq!(quotas.used(north, &PAYMENTS).await.unwrap(), 3);
    assert!(matches!(reserve(north, 1, Allowance::AtMost(2)).await, Reserved::Exceeded(_)));
}
