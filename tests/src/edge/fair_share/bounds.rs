//! Who may wait, and what the others are told.

use std::time::Duration;

use tenancy_axum::FairShareLayer;
use tokio::time::Instant;

use super::process::{Process, slots};
use crate::resolve::strategy::bearer;
use crate::resolve::world::get;

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_its_own_tenant_alone() {
    let process = Process::new(FairShareLayer::new(slots(1)).queue_at_most_each(2));
    let (north, south) = (&process.world.north, &process.world.south);
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(process.sends(north, "/for/100").await);
    }
    let refused = process.sends(north, "/for/100").await.await.unwrap();
    assert_eq!(refused.told(), (503, "overloaded".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    assert!(!refused.body.contains("queue") && !refused.header("x-request-id").is_empty());
    sent.push(process.sends(south, "/for/100").await);
    for request in sent {
        assert_eq!(request.await.unwrap().status, 200);
    }
    assert!(process.has_slots(1).await);
}

#[tokio::test(start_paused = true)]
async fn when_all_queues_are_full_the_longest_makes_room() {
    let layer = FairShareLayer::new(slots(1)).queue_at_most(4).queue_at_most_each(4);
    let process = Process::new(layer);
    let (north, south) = (&process.world.north, &process.world.south);
    let mut sent = Vec::new();
    for _ in 0..5 {
        sent.push(process.sends(north, "/for/100").await);
    }
    let mut neighbours = Vec::new();
    for _ in 0..2 {
        neighbours.push(process.sends(south, "/for/100").await);
    }
    // The last two of the longer queue went, at once; now both are as long.
    for pushed_out in sent.split_off(3) {
        assert!(pushed_out.is_finished());
        let answer = pushed_out.await.unwrap();
        assert_eq!(answer.told(), (503, "overloaded".to_owned()));
        assert_eq!(answer.header("retry-after"), "1");
    }
    for member in [north, south] {
        let refused = process.sends(member, "/for/100").await.await.unwrap();
        assert_eq!(refused.status, 503);
    }
    for request in sent.into_iter().chain(neighbours) {
        assert_eq!(request.await.unwrap().status, 200);
    }
    assert!(process.has_slots(1).await);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let patience = Duration::from_secs(2);
    let process = Process::new(FairShareLayer::new(slots(1)).wait_at_most(patience));
    let (north, south) = (&process.world.north, &process.world.south);
    let busy = process.sends(north, "/for/10000").await;
    let started = Instant::now();
    let waiting = [process.sends(south, "/for/0").await, process.sends(north, "/for/0").await];
    for request in waiting {
        let answer = request.await.unwrap();
        assert_eq!(answer.told(), (503, "overloaded".to_owned()));
        assert_eq!(started.elapsed().as_secs(), patience.as_secs());
    }
    assert_eq!(busy.await.unwrap().status, 200);
    // Both have left the queue.
    assert_eq!(process.seen.order(), ["north"]);
    assert!(process.has_slots(1).await);
}

/// The more wait, and the longer requests take, the later one should come again.
#[tokio::test(start_paused = true)]
async fn it_says_when_to_come_again() {
    let patience = Duration::from_mins(10);
    let layer = FairShareLayer::new(slots(1)).queue_at_most_each(5).wait_at_most(patience);
    let process = Process::new(layer);
    let (north, south) = (&process.world.north, &process.world.south);
    assert_eq!(process.sends(south, "/for/4000").await.await.unwrap().status, 200);
    let mut sent = Vec::new();
    for _ in 0..6 {
        sent.push(process.sends(north, "/for/4000").await);
    }
    let refused = process.sends(north, "/for/0").await.await.unwrap();
    let after: u64 = refused.header("retry-after").parse().unwrap();
    assert!((20..=21).contains(&after), "{after}");
    for request in sent {
        assert_eq!(request.await.unwrap().status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn callers_of_grpc_are_refused_as_they_understand() {
    let process = Process::new(FairShareLayer::new(slots(1)).queue_at_most(0));
    let (north, south) = (&process.world.north, &process.world.south);
    let busy = process.sends(north, "/for/100").await;
    for member in [north, south] {
        let request = bearer(get(), member.key.reveal())
            .header("content-type", "application/grpc")
            .uri("/for/100");
        let refused = process.sends_request(request).await.await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.header("grpc-status")), (200, "14"));
        assert_eq!(refused.header("grpc-retry-pushback-ms"), "1000");
    }
    assert_eq!(busy.await.unwrap().status, 200);
}
