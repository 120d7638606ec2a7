//! Whose turn it is.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tenancy_axum::{FairShareLayer, TenantLayer};
use tokio::time::Instant;
use tower::{Layer as _, Service, ServiceExt as _};

use super::process::{Process, settled, slots, weigh};
use crate::resolve::strategy::bearer;
use crate::resolve::world::{World, get, get_from};

#[tokio::test(start_paused = true)]
async fn so_many_run_at_once_and_the_rest_wait_for_their_turn() {
    let process = Process::new(FairShareLayer::new(slots(2)));
    let (north, south) = (&process.world.north, &process.world.south);
    let started = Instant::now();
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(process.sends(north, "/for/100").await);
    }
    for _ in 0..2 {
        sent.push(process.sends(south, "/for/100").await);
    }
    assert_eq!(process.seen.running(), 2);
    for request in sent {
        assert_eq!(request.await.unwrap().body, "served");
    }
    // Two at once: three rounds, each in its own tenant's context.
    assert_eq!(started.elapsed().as_millis() / 10, 30);
    assert_eq!(process.seen.most(), 2);
    assert_eq!(process.seen.order()[..2], ["north", "north"]);
    assert_eq!(process.seen.order()[2..4].iter().filter(|slug| *slug == "south").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn turns_go_by_weight() {
    let world = World::new();
    weigh(&world, &world.north, 4);
    let layer = FairShareLayer::new(slots(2)).queue_at_most(1_000).queue_at_most_each(500);
    let process = Process::of(world, |routes| routes.layer(layer));
    let mut sent = Vec::new();
    for _ in 0..100 {
        sent.push(process.sends(&process.world.south, "/for/100").await);
        sent.push(process.sends(&process.world.north, "/for/100").await);
    }
    tokio::time::sleep(Duration::from_millis(2_550)).await;
    // What began before all were there is left out.
    let served = process.seen.order();
    let north = served[2..].iter().filter(|slug| *slug == "north").count();
    assert!((37..=42).contains(&north), "{north} of {}", served.len() - 2);
    for request in sent {
        request.abort();
    }
}

/// Strangers at a tenant's host, or at no tenant's, take no turns of its credentials.
#[tokio::test(start_paused = true)]
async fn strangers_queue_apart() {
    let process = Process::new(FairShareLayer::new(slots(4)));
    let world = &process.world;
    let mut sent = Vec::new();
    for _ in 0..16 {
        sent.push(process.sends_request(get_from(&world.north.host()).uri("/for/100")).await);
        sent.push(process.sends_request(get().uri("/for/100")).await);
    }
    for member in [&world.north, &world.south] {
        let started = Instant::now();
        let served = process.sends(member, "/for/100").await.await.unwrap();
        assert_eq!(served.status, 200);
        // One round until a slot is free, and one of its own.
        assert!(started.elapsed() <= Duration::from_millis(210), "{:?}", started.elapsed());
    }
    for request in sent {
        assert_eq!(request.await.unwrap().status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn one_tenant_has_at_most_so_many_slots() {
    let process = Process::new(FairShareLayer::new(slots(4)).at_most_each(slots(2)));
    let (north, south) = (&process.world.north, &process.world.south);
    let mut sent = Vec::new();
    for _ in 0..4 {
        sent.push(process.sends(north, "/for/100").await);
    }
    assert_eq!(process.seen.running(), 2);
    let started = Instant::now();
    let neighbour = process.sends(south, "/for/100").await;
    assert_eq!(process.seen.running(), 3);
    neighbour.await.unwrap();
    assert_eq!(started.elapsed().as_millis() / 10, 10);
    for request in sent {
        assert_eq!(request.await.unwrap().status, 200);
    }
    assert_eq!(process.seen.most(), 3);
}

#[tokio::test(start_paused = true)]
async fn exempt_requests_never_wait() {
    let layer = FairShareLayer::new(slots(1)).exempt(|parts| parts.uri.path() == "/yield");
    let process = Process::new(layer);
    let (north, south) = (&process.world.north, &process.world.south);
    let busy = process.sends(north, "/for/100").await;
    let waits = process.sends(south, "/for/100").await;
    for member in [north, south] {
        let started = Instant::now();
        assert_eq!(process.sends(member, "/yield").await.await.unwrap().status, 200);
        assert!(started.elapsed().is_zero());
    }
    assert_eq!(busy.await.unwrap().status, 200);
    assert_eq!(waits.await.unwrap().status, 200);
}

/// By default a stream has a slot until its head is there; else until it has ended, or is dropped.
#[tokio::test(start_paused = true)]
async fn a_stream_has_its_slot_for_as_long_as_is_said() {
    let layer = FairShareLayer::new(slots(1));
    for (layer, holds) in [(layer.clone(), false), (layer.until_body_ends(), true)] {
        let process = Process::new(layer);
        let (north, south) = (&process.world.north, &process.world.south);
        for reads in [false, true] {
            let request = bearer(get(), north.key.reveal()).uri("/stream");
            let answer = process.app.clone().oneshot(request.body(Body::empty()).unwrap());
            let mut body = answer.await.unwrap().into_body();
            let neighbour = process.sends(south, "/for/0").await;
            assert_eq!(!neighbour.is_finished(), holds);
            if reads {
                // The last piece ends it: no server asks for more.
                body.frame().await.unwrap().unwrap();
                settled().await;
            } else {
                drop(body);
            }
            assert_eq!(neighbour.await.unwrap().status, 200);
        }
        assert!(process.has_slots(1).await);
    }
}

#[tokio::test]
async fn outside_of_the_tenants_layer_it_says_so() {
    let layer = FairShareLayer::new(slots(1)).exempt(|_| true);
    let app = super::super::app::routes().layer(layer);
    for request in [get(), get_from("north.base.com")] {
        let answer = super::super::answer::send(&app, request).await;
        assert_eq!(answer.told(), (500, "internal".to_owned()));
    }
}

/// A service that is asked whether it is ready, and counts how often.
#[derive(Clone)]
struct Asked(Arc<AtomicUsize>);

impl Service<Request<Body>> for Asked {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(Response::new(Body::empty()))
        })
    }
}

/// What reserves something when it is polled reserves it for those that run, not for the queue.
#[tokio::test(start_paused = true)]
async fn the_service_is_asked_when_the_turn_has_come() {
    let world = World::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let fair = FairShareLayer::new(slots(1)).layer(Asked(asked.clone()));
    let service = TenantLayer::new(world.chain()).layer(fair);
    let mut sent = Vec::new();
    for member in [&world.north, &world.south] {
        let request = bearer(get(), member.key.reveal()).body(Body::empty()).unwrap();
        sent.push(tokio::spawn(service.clone().oneshot(request)));
        settled().await;
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    for request in sent {
        assert_eq!(request.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
