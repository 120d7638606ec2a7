//! 200 clients of two tenants at once: no row, count or limit of one is seen by the other.

mod bank;
mod visitor;

use tokio::task::JoinSet;

use crate::harness::{Site, Stack};
use bank::Bank;
use visitor::Visitor;

const VISITORS: usize = 100;
const REQUESTS: usize = 100;

/// Enough for one tenant, too little for both: were it shared, somebody would be refused.
const RATE: usize = 15_000;

async fn nothing_is_shared(stack: Stack) {
    let site = Site::create(stack).await;
    let server = site.serve(&["--requests-per-minute", &RATE.to_string()]).await;
    let start = std::time::Instant::now();
    let banks = [Bank::open(&server, "kita").await, Bank::open(&server, "nordhafen").await];
    let mut running = JoinSet::new();
    for number in 0..VISITORS {
        for (own, other) in [(0, 1), (1, 0)] {
            let (own, other) = (banks[own].clone(), banks[other].clone());
            running.spawn(Visitor { number, own, other }.visit(REQUESTS));
        }
    }
    running.join_all().await;
    println!("{} requests took {:?}", 2 * VISITORS * REQUESTS, start.elapsed());
    for (bank, plan) in banks.iter().zip(["enterprise", "professional"]) {
        assert!(bank.sent() >= VISITORS * REQUESTS, "{} requests", bank.sent());
        bank.has_exactly_what_it_made().await;
        crate::journey::usage::is_exact(bank.client(), plan, bank.paid()).await;
    }
}

#[tokio::test]
async fn embedded() {
    nothing_is_shared(Stack::Embedded).await;
}

#[tokio::test]
async fn servers() {
    nothing_is_shared(Stack::Servers).await;
}
