//! The key that makes a repeated request safe.

use std::collections::HashSet;

use serde_json::json;

use super::token::{self, SECRET};
use super::{UNLIMITED, embedded, one_euro, payments};
use crate::harness::{Raw, Site, on_both_stacks};

on_both_stacks!(
    of_equal_requests_at_once_one_makes_a_payment,
    of_different_requests_at_once_one_gets_the_key,
    a_refused_request_leaves_its_key_free,
    keys_belong_to_who_sends_them,
);

#[tokio::test]
async fn a_key_is_required_and_plain() {
    let (_site, server) = embedded().await;
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        let without = bank.post("/v1/payments", &one_euro()).await;
        let problem = without.refused(400, "idempotency_key_required");
        assert_eq!(problem["param"], "idempotency-key");

        let long = "k".repeat(256);
        let long = long.as_str();
        for odd in ["", " ", "a b", "a\tb", "schlüssel", "鍵", long] {
            let answer = bank.pay(odd, &one_euro()).await;
            let problem = answer.refused(400, "idempotency_key_invalid");
            assert_eq!(problem["param"], "idempotency-key", "{odd:?}");
        }
        let twice = bank.paying("one").header("idempotency-key", "two").json(&one_euro());
        bank.send(twice).await.refused(400, "idempotency_key_invalid");
        assert_eq!(payments(&bank).await.len(), 30);

        for good in [&long[1..], "~!@#$%^&*()", "';DROP/**/TABLE/**/payments;--"] {
            bank.pay(good, &one_euro()).await.ok(201);
        }
    }
}

/// Spaces at its ends are no part of a header's value; the body is what it means.
#[tokio::test]
async fn a_request_is_the_same_however_it_is_written() {
    let (_site, server) = embedded().await;
    let first = server.client("nordhafen").pay("padded", &one_euro()).await;
    first.ok(201);
    let body = r#"{ "reference": null, "currency" : "EUR", "amount" : 100 }"#;
    for (slug, is_replay) in [("nordhafen", true), ("riverside", false)] {
        let mut connection = Raw::to(server.address()).await;
        connection
            .send(format!(
                "POST /v1/payments HTTP/1.1\r\nHOST: x\r\nIDEMPOTENCY-KEY:   padded  \r\n\
                 authorization: bearer {}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                server.tenant(slug).key,
                body.len(),
            ))
            .await;
        let answer = connection.answer().await;
        server.client(slug).check(&answer);
        answer.ok(201);
        assert_eq!(answer.body == first.body, is_replay, "{slug}");
        assert_eq!(answer.headers.contains_key("idempotent-replayed"), is_replay, "{slug}");
    }
}

async fn of_equal_requests_at_once_one_makes_a_payment(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "nordhafen"].map(|slug| server.client(slug));
    for round in 0..5 {
        let key = format!("round-{round}");
        let mut running = tokio::task::JoinSet::new();
        for bank in banks.iter().cycle().take(40) {
            let (bank, key) = (bank.clone(), key.clone());
            running.spawn(async move { bank.pay(&key, &one_euro()).await });
        }
        let answers = running.join_all().await;
        let bodies: HashSet<_> = answers.iter().map(|answer| answer.ok(201).to_string()).collect();
        assert_eq!(bodies.len(), 2, "one for each tenant");
        let first = answers.iter().filter(|a| !a.headers.contains_key("idempotent-replayed"));
        assert_eq!(first.count(), 2, "one for each tenant");
    }
    for bank in &banks {
        assert_eq!(payments(bank).await.len(), 35);
    }
}

async fn of_different_requests_at_once_one_gets_the_key(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "nordhafen"].map(|slug| server.client(slug));
    let mut running = tokio::task::JoinSet::new();
    for (amount, bank) in (1..=40).zip(banks.iter().cycle()) {
        let order = json!({ "amount": amount, "currency": "EUR" });
        let bank = bank.clone();
        running.spawn(async move { bank.pay("one", &order).await });
    }
    let (made, refused): (Vec<_>, Vec<_>) =
        running.join_all().await.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 2, "one for each tenant");
    for answer in refused {
        answer.refused_field("idempotency_key_reused", "idempotency-key");
    }
    for bank in &banks {
        assert_eq!(payments(bank).await.len(), 31);
    }
}

async fn a_refused_request_leaves_its_key_free(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        let customer = "cus_01k8p0g2v7e9h9qk3x5t7w1zra";
        for wrong in [
            json!({ "amount": 1, "currency": "EUR", "customer": customer }),
            json!({ "amount": 1, "currency": "EUR", "reference": "invoice 1001" }),
            json!({ "amount": 0, "currency": "EUR" }),
        ] {
            assert!(bank.pay("key", &wrong).await.status >= 400);
        }
        let made = bank.pay("key", &one_euro()).await;
        made.ok(201);
        assert!(!made.headers.contains_key("idempotent-replayed"));
        assert_eq!(payments(&bank).await.len(), 31);
    }
}

async fn keys_belong_to_who_sends_them(site: &Site) {
    let server = site.serve(&["--jwt-secret", SECRET]).await;
    for slug in ["riverside", "nordhafen"] {
        let by_key = server.client(slug);
        let by_token = by_key.with_credential(&token::of(slug));
        let first = by_key.pay("same", &one_euro()).await.ok(201);
        let second = by_token.pay("same", &json!({ "amount": 2, "currency": "EUR" })).await.ok(201);
        assert_ne!(first["id"], second["id"]);
    }
}
