//! `kill -9` in the middle of 2,000 payments: each exists exactly once in the end.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::round::{Answers, Request, Round};
use crate::harness::{Server, Site, on_both_stacks};

on_both_stacks!(each_payment_is_made_exactly_once);

/// Of each of two tenants.
const PAYMENTS: i64 = 1_000;
const SLUGS: [&str; 2] = ["riverside", "nordhafen"];

/// How many payments are made before each kill.
const KILLS: [usize; 3] = [300, 500, 400];

async fn each_payment_is_made_exactly_once(site: &Site) {
    let mut answers = Answers::new();
    for kill_after in KILLS {
        let server = serve(site).await;
        let mut round = Round::start(&server, requests());
        round.until(|progress| progress.made >= kill_after).await;
        server.kill().await;
        let cut_off = round.end(&mut answers).await;
        println!("{} payments answered, {cut_off} requests cut off", answers.len());
        assert!(cut_off > 0 && answers.len() < requests().len(), "nothing was in flight");
    }
    let server = serve(site).await;
    all_come_through(&server, answers).await;
    server.stop().await;
}

async fn serve(site: &Site) -> Server {
    site.serve(&["--requests-per-minute", "100000"]).await
}

/// The database goes away and comes back; whether a commit got through, nobody knows.
#[tokio::test]
async fn each_payment_is_made_once_while_connections_break() {
    let site = Site::behind_links().await;
    let (link, mut answers) = (&site.links().database, Answers::new());
    let server = serve(&site).await;
    let mut round = Round::start(&server, requests());
    for cuts in 1..=3 {
        round.until(|progress| progress.made >= 400 * cuts).await;
        link.cut();
        round.until(|progress| progress.refused >= 20 * cuts).await;
        link.mend();
    }
    assert_eq!(round.end(&mut answers).await, 0, "the server itself stayed");
    println!("{} payments answered", answers.len());
    all_come_through(&server, answers).await;
}

/// The same every time. Both tenants use the same keys.
fn requests() -> Vec<Request> {
    let both = |amount| SLUGS.map(|slug| Request { slug, amount });
    (1..=PAYMENTS).flat_map(both).collect()
}

async fn all_come_through(server: &Server, mut answers: Answers) {
    let unanswered = Round::start(server, requests()).end(&mut answers).await;
    assert_eq!((unanswered, answers.len()), (0, requests().len()));
    for slug in SLUGS {
        are_there_as_answered(server, slug, &answers).await;
    }
}

/// Nothing but the key keeps two payments of a request apart: they have no reference.
async fn are_there_as_answered(server: &Server, slug: &'static str, answers: &Answers) {
    let bank = server.client(slug);
    let mut listed = BTreeMap::new();
    for payment in crate::http::payments(&bank).await {
        if payment["reference"].is_null() {
            let amount = payment["amount"].as_i64().expect("a number");
            assert_eq!(listed.insert(amount, payment), None, "{slug} has two payments of {amount}");
        }
    }
    assert_eq!(listed.len(), answers.len() / 2, "{slug}");
    for (amount, payment) in listed {
        let answered = &answers[&Request { slug, amount }];
        assert_eq!(serde_json::from_slice::<Value>(answered).ok(), Some(payment));
    }
    let changed = bank.pay("amount-1", &json!({ "amount": 2, "currency": "EUR" })).await;
    changed.refused_field("idempotency_key_reused", "idempotency-key");
}
