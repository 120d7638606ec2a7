//! What is sent: signed, once for each event and endpoint, to the bank's own endpoints.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::{Receiver, TO_LOOPBACK, delivery, endpoint, pay};
use crate::harness::{Site, eventually, on_both_stacks};

on_both_stacks!(
    each_bank_is_told_of_its_own_events,
    a_trial_is_told_to_those_of_the_trial,
    both_secrets_sign_for_a_day,
    what_was_sent_is_sent_again_with_its_id,
    nothing_is_lost_when_the_program_is_killed,
);

/// P33, P34, and PJ6.2.
async fn each_bank_is_told_of_its_own_events(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let banks = ["riverside", "kita"].map(|slug| server.client(slug));
    let receivers = [Receiver::start().await, Receiver::start().await];
    let mut secrets = Vec::new();
    for (bank, receiver) in banks.iter().zip(&receivers) {
        secrets.push(endpoint(bank, receiver, &["*"]).await.1);
    }
    // It asks for something else.
    let (quiet, deaf) = (Receiver::start().await, Receiver::start().await);
    endpoint(&banks[0], &quiet, &["refund.*", "payment.succeeded"]).await;
    let (path, _) = endpoint(&banks[0], &deaf, &["*"]).await;
    let off = json!({ "enabled": false });
    let off = banks[0].request(http::Method::PATCH, &path).json(&off);
    assert_eq!(banks[0].send(off).await.ok(200)["disabled_reason"], "by_hand");

    let mut paid = Vec::new();
    for bank in &banks {
        paid.push(pay(bank, "told").await);
    }
    for (at, receiver) in receivers.iter().enumerate() {
        let message = receiver.receives(1).await.remove(0);
        let event = message.json();
        assert_eq!(
            (&event["type"], &event["data"]["id"]),
            (&"payment.created".into(), &paid[at].as_str().into())
        );
        assert_eq!(event["id"], message.id(), "the event's id is the message's");
        assert_eq!(message.header("content-type"), "application/json");
        assert!(message.is_signed_with(&secrets[at]) && message.signatures() == 1);
        assert!(!message.is_signed_with(&secrets[1 - at]), "each has a secret of its own");
        let arrived =
            delivery(&banks[at], "it is written down", |d| d["state"] == "delivered").await;
        assert_eq!((&arrived["attempts"], &arrived["last_status"]), (&1.into(), &204.into()));
        let id = event["id"].as_str().expect("an id");
        assert_eq!(banks[at].get(&format!("/v1/events/{id}")).await.ok(200), event);
    }
    assert_eq!((quiet.messages().len(), deaf.messages().len()), (0, 0));
}

/// PJ6.9.
async fn a_trial_is_told_to_those_of_the_trial(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    for slug in ["riverside", "kita"] {
        let (live, trial) = (server.client(slug), server.test_client(slug));
        let receivers = [Receiver::start().await, Receiver::start().await];
        for (bank, receiver) in [&live, &trial].into_iter().zip(&receivers) {
            endpoint(bank, receiver, &["*"]).await;
        }
        let mut paid = Vec::new();
        for bank in [&trial, &live] {
            paid.insert(0, pay(bank, "one").await);
        }
        for (receiver, paid) in receivers.iter().zip(&paid) {
            let message = receiver.receives(1).await.remove(0);
            assert_eq!(message.json()["data"]["id"], paid.as_str());
        }
        for bank in [&live, &trial] {
            delivery(bank, "it is written down", |d| d["state"] == "delivered").await;
            let all = bank.get("/v1/webhook-deliveries").await.ok(200);
            assert_eq!(all["data"].as_array().map(Vec::len), Some(1));
        }
    }
}

/// PJ6.3.
async fn both_secrets_sign_for_a_day(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    for slug in ["riverside", "kita"] {
        let (bank, receiver) = (server.client(slug), Receiver::start().await);
        let (path, old) = endpoint(&bank, &receiver, &["*"]).await;
        let rotated = bank.post(&format!("{path}/rotate-secret"), &json!({})).await.ok(200);
        let new = rotated["secret"].as_str().expect("shown once").to_owned();
        assert_ne!(old, new);
        pay(&bank, "both").await;
        let message = receiver.receives(1).await.remove(0);
        assert!(message.is_signed_with(&old) && message.is_signed_with(&new));
        assert_eq!(message.signatures(), 2);
        server.advance(Duration::from_hours(24)).await;
        pay(&bank, "one").await;
        let message = receiver.receives(2).await.remove(1);
        assert!(!message.is_signed_with(&old) && message.is_signed_with(&new));
        assert_eq!(message.signatures(), 1);
        let shown = bank.get(&path).await.ok(200);
        assert!(shown.get("secret").is_none(), "{shown}");
    }
}

/// PJ6.7.
async fn what_was_sent_is_sent_again_with_its_id(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    for slug in ["riverside", "kita"] {
        let (bank, receiver) = (server.client(slug), Receiver::start().await);
        let (path, secret) = endpoint(&bank, &receiver, &["payment.created"]).await;
        let from = bank.get(&path).await.ok(200)["created_at"].clone();
        for key in ["a", "b", "c"] {
            pay(&bank, key).await;
        }
        let first = receiver.receives(3).await;
        let last = delivery(&bank, "all have arrived", |d| d["state"] == "delivered").await;
        eventually("all are written down", async || {
            bank.get(&format!("{path}/stats")).await.ok(200)["succeeded"] == 3
        })
        .await;
        server.advance(Duration::from_mins(10)).await;

        let id = last["id"].as_str().expect("an id");
        let again = format!("/v1/webhook-deliveries/{id}/replay");
        bank.post(&again, &json!({})).await.ok(202);
        let once = receiver.receives(4).await.remove(3);
        assert_eq!(once.id(), last["event"], "the same id");
        assert!(once.is_signed_with(&secret));
        delivery(&bank, "it has arrived again", |d| d["state"] == "delivered").await;

        let now = bank.get("/v1/events?limit=1").await.ok(200)["data"][0]["created_at"].clone();
        let range = json!({ "from": from, "to": now });
        let accepted = bank.post(&format!("{path}/replay"), &range).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        let all = receiver.receives(7).await;
        let ids = |messages: &[super::receiver::Message]| -> BTreeSet<String> {
            messages.iter().map(|message| message.id().to_owned()).collect()
        };
        assert_eq!(ids(&all[4..]), ids(&first), "the same ids");
        let latest = first.iter().map(super::receiver::Message::timestamp).max().expect("some");
        assert!(all[3..].iter().all(|message| message.timestamp() >= latest + 600), "new times");
        assert!(all.iter().all(|message| message.is_signed_with(&secret)));
        let backwards = json!({ "from": now, "to": "2020-01-01T00:00:00Z" });
        bank.post(&format!("{path}/replay"), &backwards).await.refused_field("field_invalid", "to");
    }
}

async fn nothing_is_lost_when_the_program_is_killed(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let receivers = [Receiver::start().await, Receiver::start().await];
    for (slug, receiver) in ["riverside", "kita"].into_iter().zip(&receivers) {
        endpoint(&server.client(slug), receiver, &["payment.created"]).await;
    }
    let mut paid = [BTreeSet::new(), BTreeSet::new()];
    for key in 0..20 {
        for (slug, paid) in ["riverside", "kita"].into_iter().zip(&mut paid) {
            paid.insert(pay(&server.client(slug), &key.to_string()).await);
        }
    }
    server.kill().await;
    let _server = site.serve(&TO_LOOPBACK).await;
    for (receiver, paid) in receivers.iter().zip(&paid) {
        eventually("all arrive, some perhaps twice", async || {
            let told: BTreeSet<_> = receiver
                .messages()
                .iter()
                .map(|message| message.json()["data"]["id"].as_str().expect("an id").to_owned())
                .collect();
            assert!(told.is_subset(paid), "nobody else's");
            told == *paid
        })
        .await;
    }
}
