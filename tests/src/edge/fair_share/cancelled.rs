//! However a request ends, its slot and its place are free again.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use axum::body::Body;
use tenancy_axum::FairShareLayer;
use tenancy_core::TenantContext;
use tower::ServiceExt as _;

use super::process::{Process, settled, slots};
use crate::resolve::strategy::bearer;
use crate::resolve::world::{Member, get};

fn request(member: &Member, path: &str) -> http::Request<Body> {
    bearer(get(), member.key.reveal()).uri(path).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_panic_frees_the_slot() {
    let process = Process::new(FairShareLayer::new(slots(1)));
    let (north, south) = (&process.world.north, &process.world.south);
    let busy = process.sends(south, "/for/100").await;
    // The first waits before it panics.
    for member in [north, south, north] {
        let panics = process.sends(member, "/panic").await;
        assert!(panics.await.unwrap_err().is_panic());
    }
    assert_eq!(busy.await.unwrap().status, 200);
    assert!(process.has_slots(1).await);
}

/// A request is dropped after each number of polls, while it waits and while it runs.
#[tokio::test(start_paused = true)]
async fn a_request_cancelled_anywhere_leaves_nothing_behind() {
    let process = Process::new(FairShareLayer::new(slots(1)));
    let (north, south) = (&process.world.north, &process.world.south);
    for waits in [false, true] {
        let mut finished = false;
        for polls in 0..100 {
            let busy = process.sends(south, if waits { "/for/3" } else { "/yield" }).await;
            {
                let mut serving = pin!(process.app.clone().oneshot(request(north, "/yield")));
                for _ in 0..polls {
                    let mut cx = Context::from_waker(Waker::noop());
                    finished = serving.as_mut().poll(&mut cx).is_ready();
                    if finished {
                        break;
                    }
                    tokio::time::advance(Duration::from_millis(1)).await;
                    settled().await;
                }
            }
            assert!(TenantContext::try_current().is_none());
            assert_eq!(busy.await.unwrap().status, 200);
            assert!(process.has_slots(1).await, "after {polls} polls");
            if finished {
                break;
            }
        }
        assert!(finished);
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_makes_room_for_another() {
    let layer = FairShareLayer::new(slots(1)).queue_at_most(2).queue_at_most_each(1);
    let process = Process::new(layer.wait_at_most(Duration::from_secs(1)));
    let (north, south) = (&process.world.north, &process.world.south);
    let busy = process.sends(south, "/for/10000").await;
    for _ in 0..10 {
        let waiting = [process.sends(north, "/yield").await, process.sends(south, "/yield").await];
        for request in waiting {
            assert!(!request.is_finished());
            request.abort();
            assert!(request.await.unwrap_err().is_cancelled());
        }
    }
    // Who waited for too long goes, too.
    for turn in 1..=3 {
        let waiting = process.sends(north, "/yield").await;
        assert_eq!(process.sends(north, "/yield").await.await.unwrap().status, 503);
        assert!(!waiting.is_finished(), "{turn}");
        assert_eq!(waiting.await.unwrap().status, 503);
    }
    assert_eq!(process.seen.order(), ["south"]);
    assert_eq!(busy.await.unwrap().status, 200);
    assert!(process.has_slots(1).await);
}

/// The slot is given, and before the one it is given to is polled, it goes away.
#[tokio::test(start_paused = true)]
async fn a_slot_given_to_one_who_goes_is_handed_on() {
    let process = Process::new(FairShareLayer::new(slots(1)));
    let (north, south) = (&process.world.north, &process.world.south);
    let busy = process.sends(south, "/for/100").await;
    {
        let mut gone = Vec::new();
        for _ in 0..3 {
            let mut serving = Box::pin(process.app.clone().oneshot(request(north, "/for/0")));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(serving.as_mut().poll(&mut cx).is_pending());
            gone.push(serving);
        }
        let next = process.sends(south, "/for/0").await;
        assert_eq!(busy.await.unwrap().status, 200);
        settled().await;
        assert!(!next.is_finished(), "the slot is another's");
        // In the order in which they came: the slot is handed from one to the next.
        gone.into_iter().for_each(drop);
        assert_eq!(next.await.unwrap().status, 200);
    }
    assert!(process.has_slots(1).await);
}

/// Thousands come and go at random, in four threads; in the end each slot is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_of_cancellations_loses_no_slot() {
    const SLOTS: u32 = 3;
    let layer = FairShareLayer::new(slots(SLOTS)).queue_at_most(40).queue_at_most_each(30);
    for layer in [layer.clone(), layer.until_body_ends()] {
        let process = Process::new(layer.wait_at_most(Duration::from_mins(1)));
        let mut storm = Vec::new();
        for thread in 0..8_u64 {
            let process = process.clone();
            storm.push(tokio::spawn(async move { come_and_go(&process, thread).await }));
        }
        for part in storm {
            part.await.unwrap();
        }
        assert_eq!(process.seen.running(), 0);
        assert_eq!(process.seen.most(), SLOTS as usize);
        assert!(process.seen.order().len() > 500, "{}", process.seen.order().len());
        assert!(process.has_slots(SLOTS as usize).await);
    }
}

async fn come_and_go(process: &Process, thread: u64) {
    let mut random = thread + 1;
    let mut dice = move |sides: u64| {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % sides
    };
    for _ in 0..100 {
        let mut sent = Vec::new();
        for _ in 0..10 {
            let member = if dice(2) == 0 { &process.world.north } else { &process.world.south };
            let path = match dice(10) {
                0 => "/panic",
                1 => "/stream",
                _ => "/yield",
            };
            let served = process.app.clone().oneshot(request(member, path));
            // Nobody reads it; a body that is kept keeps its slot.
            sent.push(tokio::spawn(async move { drop(served.await) }));
            for _ in 0..dice(4) {
                tokio::task::yield_now().await;
            }
        }
        for request in sent {
            if dice(2) == 0 {
                request.abort();
            }
            // Answered, cancelled or panicked.
            drop(request.await);
        }
    }
}
