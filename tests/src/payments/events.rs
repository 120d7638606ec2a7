//! Events: one for each change, in its transaction, and for its tenant only.

use serde_json::{Value, json};

use super::{UNLIMITED, authorized, capture, confirm, is_refunded, made, refund};
use crate::harness::{Client, Site, on_both_stacks};

on_both_stacks!(
    each_change_is_told_once,
    a_change_and_its_event_are_one,
    events_are_their_banks_own
);

/// All events of a bank, the oldest first.
async fn events(bank: &Client) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().and_then(|event| event["id"].as_str());
        let after = after.map(|id| format!("&starting_after={id}")).unwrap_or_default();
        let page = bank.get(&format!("/v1/events?limit=3{after}")).await.ok(200);
        all.extend(page["data"].as_array().expect("a page").iter().cloned());
        if page["has_more"] == false {
            all.reverse();
            return all;
        }
    }
}

async fn kinds(bank: &Client) -> Vec<String> {
    let name = |event: &Value| event["type"].as_str().expect("a type").to_owned();
    events(bank).await.iter().map(name).collect()
}

async fn each_change_is_told_once(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let path = authorized(&riverside, "parts").await;
    capture(&riverside, &path, "first", 6_000).await.ok(200);
    riverside.post(&format!("{path}/cancel"), &json!({})).await.ok(200);
    let promised = refund(&riverside, &path, "back", 1_000).await.ok(201);
    is_refunded(&riverside, &promised).await;
    // Said again, and refused: nothing happens.
    refund(&riverside, &path, "back", 1_000).await.ok(201);
    capture(&riverside, &path, "late", 1).await.refused(409, "payment_state");
    let expected = [
        "payment.created",
        "payment.processing",
        "payment.authorized",
        "capture.created",
        "capture.succeeded",
        "payment.partially_captured",
        "payment.canceled",
        "refund.created",
        "refund.succeeded",
    ];
    assert_eq!(kinds(&riverside).await, expected);
    let told = events(&riverside).await;
    let payment = riverside.get(&path).await.ok(200);
    for event in &told {
        assert_eq!(event["api_version"], "2026-11-01");
        let id = event["id"].as_str().expect("an id");
        assert_eq!(riverside.get(&format!("/v1/events/{id}")).await.ok(200), *event);
        let kind = event["type"].as_str().expect("a type");
        match kind.split_once('.').expect("two words") {
            ("payment", "created") => assert_eq!(event["data"]["state"], "requires_confirmation"),
            ("capture", "created") => assert_eq!(event["data"]["state"], "processing"),
            ("refund", "created") => assert_eq!(event["data"]["state"], "pending"),
            (_, state) => assert_eq!(event["data"]["state"], state),
        }
        let of = if kind.starts_with("payment") { "id" } else { "payment" };
        assert_eq!(event["data"][of], payment["id"]);
    }
    // The object as its route shows it; the refund changed it once more.
    let canceled = &told[6]["data"];
    assert_eq!(canceled["amount_captured"], 6_000);
    let names =
        |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(canceled), names(&payment));

    let path = made(&kita, "poor", &json!({})).await;
    confirm(&kita, &path, "poor", "pm_declined_lost_card").await.ok(200);
    confirm(&kita, &path, "rich", "pm_card").await.ok(200);
    let expected = [
        "payment.created",
        "payment.processing",
        "payment.failed",
        "payment.processing",
        "payment.succeeded",
        "capture.succeeded",
    ];
    assert_eq!(kinds(&kita).await, expected);
}

/// P32: without its event no change is in, and without its change no event.
async fn a_change_and_its_event_are_one(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let path = authorized(&bank, "before").await;
        let before = (site.rows("payments").await, site.rows("captures").await);
        let (payment, told) = (bank.get(&path).await.ok(200), events(&bank).await);
        let order = json!({ "amount": 500, "currency": "USD" });

        site.try_run("ALTER TABLE events RENAME TO events_away").await.expect("renamed");
        assert_eq!(bank.pay("lost", &order).await.status, 500);
        assert_eq!(capture(&bank, &path, "lost-part", 100).await.status, 500);
        assert_eq!(bank.post(&format!("{path}/cancel"), &json!({})).await.status, 500);
        site.try_run("ALTER TABLE events_away RENAME TO events").await.expect("renamed");

        assert_eq!((site.rows("payments").await, site.rows("captures").await), before);
        assert_eq!(bank.get(&path).await.ok(200), payment);
        assert_eq!(events(&bank).await, told);
        // What is refused after its event was written takes the event back.
        let order = json!({ "amount": 500, "currency": "USD", "reference": "r" });
        bank.pay("one", &order).await.ok(201);
        bank.pay("two", &order).await.refused(409, "reference_taken");
        assert_eq!(events(&bank).await.len(), told.len() + 1);
        // The same keys work: nothing was begun.
        bank.pay("lost", &json!({ "amount": 500, "currency": "USD" })).await.ok(201);
        capture(&bank, &path, "lost-part", 100).await.ok(200);
    }
}

async fn events_are_their_banks_own(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    made(&riverside, "own", &json!({})).await;
    made(&kita, "own", &json!({})).await;
    let theirs = events(&riverside).await;
    let id = theirs[0]["id"].as_str().expect("an id");
    let theirs = kita.get(&format!("/v1/events/{id}")).await;
    let nobodys = kita.get("/v1/events/evt_01k8p0g2v7e9h9qk3x5t7w1zra").await;
    nobodys.refused(404, "resource_missing");
    assert_eq!(theirs.alike(), nobodys.alike());
    assert_eq!(kita.get(&format!("/v1/events?starting_after={id}")).await.ok(200)["data"], {
        // Somebody else's id says where in time, and nothing else.
        let own = events(&kita).await;
        let older: Vec<_> = own.into_iter().filter(|e| e["id"].as_str() < Some(id)).collect();
        json!(older)
    });
    server.stranger().get("/v1/events").await.refused(400, "tenant_required");
    server.client("lakeshore").get("/v1/events").await.refused(403, "tenant_suspended");
}
