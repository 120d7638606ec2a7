//! 200 clients of two tenants at once: no row, count or limit of one is seen by the other.

mod bank;
mod visitor;

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::harness::{Client, Site, on_both_stacks};
use bank::Bank;
use visitor::Visitor;

on_both_stacks!(nothing_is_shared, each_rate_is_kept_to_the_request);

/// At each of two banks.
const VISITORS: usize = 100;
const REQUESTS: usize = 100;

/// Enough for one tenant, too little for both: were it shared, somebody would be refused.
const RATE: usize = 15_000;

async fn nothing_is_shared(site: &Site) {
    let server = site.serve(&["--requests-per-minute", &RATE.to_string()]).await;
    let start = Instant::now();
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
        crate::journey::usage::is_exact(bank.client(), plan, bank.transactions()).await;
    }
}

/// Each bank's visitors ask for half as much again as its rate.
async fn each_rate_is_kept_to_the_request(site: &Site) {
    let server = site.serve(&["--requests-per-minute", "1000"]).await;
    let start = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..VISITORS {
        for slug in ["kita", "nordhafen"] {
            running.spawn(ask_fifteen_times(slug, server.client(slug)));
        }
    }
    let mut admitted = BTreeMap::new();
    for (slug, times) in running.join_all().await {
        *admitted.entry(slug).or_insert(0) += times;
    }
    assert!(
        start.elapsed().as_secs() < 60,
        "the first of them count no more: {:?}",
        start.elapsed()
    );
    assert_eq!(admitted, BTreeMap::from([("kita", 1_000), ("nordhafen", 1_000)]));
}

async fn ask_fifteen_times(slug: &'static str, bank: Client) -> (&'static str, usize) {
    let mut admitted = 0;
    for _ in 0..15 {
        let answer = bank.get("/v1/payments/pay_01k8p0g2v7e9h9qk3x5t7w1zra").await;
        match answer.status {
            404 => admitted += 1,
            _ => assert_eq!(answer.refused(429, "rate_limited")["status"], 429),
        }
    }
    (slug, admitted)
}
