//! What does not arrive: tried again as the specification recommends, and not for ever.

use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::Message;
use super::{Receiver, TO_LOOPBACK, delivery, endpoint, pay, seconds};
use crate::harness::{Client, Server, Site, on_both_stacks};

on_both_stacks!(
    attempts_are_made_on_schedule,
    a_receiver_may_ask_for_time,
    who_is_gone_gets_no_more,
    who_fails_for_five_days_gets_no_more,
);

/// After each attempt, in seconds.
const WAITS: [u32; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How long after the last attempt the next one is planned.
async fn planned(bank: &Client, attempts: usize) -> f64 {
    let what = format!("attempt {attempts} is written down");
    let waits = delivery(bank, &what, |d| d["attempts"] == attempts).await;
    seconds(&waits["next_attempt_at"]) - seconds(&waits["updated_at"])
}

async fn advance(server: &Server, wait: f64) {
    server.advance(Duration::from_secs_f64(wait.ceil() + 1.0)).await;
}

/// PJ6.4.
async fn attempts_are_made_on_schedule(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let (bank, receiver) = (server.client("riverside"), Receiver::start().await);
    let (other, good) = (server.client("kita"), Receiver::start().await);
    let (_, secret) = endpoint(&bank, &receiver, &["payment.*"]).await;
    endpoint(&other, &good, &["payment.*"]).await;
    receiver.always(500);
    pay(&bank, "never").await;
    for (made, wait) in (1..).zip(WAITS) {
        receiver.receives(made).await;
        let wait = f64::from(wait);
        let planned = planned(&bank, made).await;
        assert!(planned >= wait && planned <= wait * 1.1 + 0.1, "after {made}: {planned}");
        advance(&server, planned).await;
    }
    let messages = receiver.receives(10).await;
    let ended = delivery(&bank, "it is given up", |d| d["state"] == "failed").await;
    assert_eq!(ended["next_attempt_at"], Value::Null);
    assert!(messages.iter().all(|message| message.id() == ended["event"]), "P33: one id");
    assert!(messages.iter().all(|message| message.is_signed_with(&secret)));
    let times: Vec<_> = messages.iter().map(Message::timestamp).collect();
    assert!(times.is_sorted() && times[9] - times[0] > 270_000, "{times:?}");
    let id = ended["id"].as_str().expect("an id");
    let attempts =
        bank.get(&format!("/v1/webhook-deliveries/{id}/attempts?limit=100")).await.ok(200);
    let statuses = attempts["data"].as_array().expect("a list").iter();
    assert_eq!(statuses.filter(|attempt| attempt["status"] == 500).count(), 10);

    // Days later, all is well: for both.
    receiver.always(200);
    for (bank, receiver, before) in [(&bank, &receiver, 10), (&other, &good, 0)] {
        pay(bank, "later").await;
        receiver.receives(before + 1).await;
        delivery(bank, "it arrives", |d| d["state"] == "delivered").await;
    }
}

async fn a_receiver_may_ask_for_time(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    for slug in ["riverside", "kita"] {
        let (bank, receiver) = (server.client(slug), Receiver::start().await);
        endpoint(&bank, &receiver, &["payment.*"]).await;
        receiver.answers((503, Some(("retry-after", "3600".to_owned()))));
        pay(&bank, "busy").await;
        receiver.receives(1).await;
        let wait = planned(&bank, 1).await;
        assert!((3_599.9..=3_600.1).contains(&wait), "{wait}");
        advance(&server, wait).await;
        receiver.receives(2).await;
        delivery(&bank, "it arrives", |d| d["state"] == "delivered").await;
    }
}

/// PJ6.5.
async fn who_is_gone_gets_no_more(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let (other, good) = (server.client("kita"), Receiver::start().await);
    endpoint(&other, &good, &["payment.*"]).await;
    let (bank, receiver) = (server.client("riverside"), Receiver::start().await);
    let (path, _) = endpoint(&bank, &receiver, &["payment.*"]).await;
    receiver.always(410);
    pay(&bank, "gone").await;
    delivery(&bank, "it is given up", |d| d["state"] == "failed").await;
    is_disabled(&bank, &path, "gone").await;
    pay(&bank, "more").await;
    pay(&other, "more").await;
    // Events are published in their order: this one is behind.
    good.receives(1).await;
    assert_eq!(receiver.messages().len(), 1);
    bank.post(&format!("{path}/test"), &json!({})).await.refused(409, "endpoint_disabled");

    let on = bank.request(http::Method::PATCH, &path).json(&json!({ "enabled": true }));
    assert_eq!(bank.send(on).await.ok(200)["state"], "enabled");
    receiver.always(200);
    bank.post(&format!("{path}/test"), &json!({})).await.ok(202);
    let message = receiver.receives(2).await.remove(1);
    assert_eq!(message.json()["type"], "webhook_endpoint.test");
    nobody_was_told(&other).await;
}

/// PJ6.6.
async fn who_fails_for_five_days_gets_no_more(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let (bank, receiver) = (server.client("riverside"), Receiver::start().await);
    let (path, _) = endpoint(&bank, &receiver, &["payment.*"]).await;
    let (other, good) = (server.client("kita"), Receiver::start().await);
    endpoint(&other, &good, &["payment.*"]).await;
    receiver.always(500);
    pay(&bank, "first").await;
    planned(&bank, 1).await;
    server.advance(Duration::from_hours(5 * 24 - 1)).await;
    pay(&bank, "second").await;
    delivery(&bank, "it fails", |d| d["attempts"] == 1 && d["last_status"] == 500).await;
    assert_eq!(bank.get(&path).await.ok(200)["state"], "enabled", "it is not five days yet");
    server.advance(Duration::from_hours(2)).await;
    pay(&bank, "third").await;
    is_disabled(&bank, &path, "failing").await;
    nobody_was_told(&other).await;
}

async fn is_disabled(bank: &Client, path: &str, reason: &str) {
    crate::harness::eventually("it is disabled", async || {
        bank.get(path).await.ok(200)["state"] == "disabled"
    })
    .await;
    assert_eq!(bank.get(path).await.ok(200)["disabled_reason"], reason);
    let told = bank.get("/v1/notifications").await.ok(200);
    assert_eq!(told["data"].as_array().map(Vec::len), Some(1), "people are told once: {told}");
    assert_eq!(told["data"][0]["type"], "webhook_endpoint.disabled");
    let id = path.rsplit('/').next().expect("an id");
    assert_eq!(told["data"][0]["data"]["id"], id);
    let events = bank.get("/v1/events?limit=100").await.ok(200);
    let events = events["data"].as_array().expect("a list").iter();
    assert_eq!(events.filter(|event| event["type"] == "webhook_endpoint.disabled").count(), 1);
}

async fn nobody_was_told(other: &Client) {
    assert_eq!(other.get("/v1/notifications").await.ok(200)["data"], json!([]));
}
