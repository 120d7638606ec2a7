//! `kill -9` in the middle of 2,000 payments: each exists exactly once in the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::harness::{Answer, Client, Server, Site, on_both_stacks};

on_both_stacks!(each_payment_is_made_exactly_once);

/// Of each of two tenants.
const PAYMENTS: usize = 1_000;
const SLUGS: [&str; 2] = ["riverside", "nordhafen"];
const AT_ONCE: usize = 20;

/// How many answers come before each kill; after the last one all requests come through.
const KILLS: [usize; 3] = [300, 500, 400];

/// What was answered, by tenant and number.
type Answers = BTreeMap<(&'static str, usize), Vec<u8>>;

async fn each_payment_is_made_exactly_once(site: &Site) {
    let mut answers = Answers::new();
    for kill_after in KILLS {
        let server = serve(site).await;
        pay_all(&server, &mut answers, Some(kill_after)).await;
        server.kill().await;
        assert!(answers.len() < 2 * PAYMENTS, "it was killed too late to prove anything");
        println!("killed with {} payments answered", answers.len());
    }
    let server = serve(site).await;
    pay_all(&server, &mut answers, None).await;
    assert_eq!(answers.len(), 2 * PAYMENTS);
    for slug in SLUGS {
        are_as_answered(&server, slug, &answers).await;
    }
    server.stop().await;
}

async fn serve(site: &Site) -> Server {
    site.serve(&["--requests-per-minute", "100000"]).await
}

/// Sends all 2,000, also those that were answered before, until so many more are answered.
///
/// Returns while requests are in flight: they meet the kill.
async fn pay_all(server: &Server, answers: &mut Answers, stop_after: Option<usize>) {
    let banks = SLUGS.map(|slug| (slug, server.client(slug)));
    let queue = Arc::new(Queue::default());
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        workers.spawn(work(queue.clone(), banks.clone()));
    }
    if let Some(stop_after) = stop_after {
        queue.answered(stop_after).await;
    }
    let _ = (answers, workers);
    todo!()
}

#[derive(Default)]
struct Queue {
    next: AtomicUsize,
    answered: AtomicUsize,
    changed: Notify,
}
