//! PJ10.1: a bank is suspended while it is at work, and goes on.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::{Desk, is_refused, opened, serve, soon};
use crate::harness::{Site, on_both_stacks};

on_both_stacks!(a_suspended_bank_finishes_what_it_has_begun);

async fn a_suspended_bank_finishes_what_it_has_begun(site: &Site) {
    let server = serve(site, &[]).await;
    let admin = Desk::open(site, &server, "admin").await;
    let (harbor, owner) = opened(site, &server, &admin, "harbor").await;
    let (_, other) = opened(site, &server, &admin, "summit").await;
    let pay = |bank: &crate::people::Browser, key: &str, body: serde_json::Value| {
        bank.request(Method::POST, "/v1/payments").header("idempotency-key", key).json(&body)
    };
    // The provider does it and says nothing for two seconds: it is in flight that long.
    let order = json!({
        "amount": 10_000, "currency": "USD", "confirm": true, "payment_method": "pm_hangs",
    });
    let in_flight = {
        let (owner, request) = (owner.clone(), pay(&owner, "in-flight", order.clone()));
        tokio::spawn(async move { owner.send(request).await })
    };
    let tenant = harbor.parse().expect("an id");
    soon("the provider was asked", async || site.rows_of("attempts", tenant).await == 1).await;
    let suspend = format!("/platform/v1/tenants/{harbor}/suspend");
    let reason = json!({ "reason": "licence withdrawn" });
    let suspended = admin.post(&suspend, &reason).await.ok(200);
    assert_eq!(suspended["status"], "suspended");
    soon("it is refused", async || {
        let answer =
            owner.send(pay(&owner, "next", json!({ "amount": 1, "currency": "USD" }))).await;
        is_refused(&answer, 403, "tenant_suspended")
    })
    .await;
    owner.get("/v1/payments").await.refused(403, "tenant_suspended");
    other.send(pay(&other, "next", json!({ "amount": 1, "currency": "USD" }))).await.ok(201);
    admin.post(&suspend, &reason).await.refused(409, "conflict");

    let answered = in_flight.await.expect("no panic");
    assert!(matches!(answered.status, 201 | 202), "{answered:?}");
    // What became of it is found out while the bank is suspended: it is money.
    server.advance(Duration::from_secs(30)).await;
    soon("it is written down", async || site.rows_of("journal_entries", tenant).await == 1).await;

    let resume = format!("/platform/v1/tenants/{harbor}/resume");
    assert_eq!(admin.post(&resume, &reason).await.ok(200)["status"], "active");
    soon("it goes on", async || owner.get("/v1/payments").await.status == 200).await;
    let listed = owner.get("/v1/payments").await.ok(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["data"][0]["state"], "succeeded");
    admin.post(&resume, &reason).await.refused(409, "conflict");
    let found = admin.get(&format!("/platform/v1/audit?resource=tenants:{harbor}")).await.ok(200);
    let actions: Vec<_> =
        found["data"].as_array().expect("a list").iter().map(|entry| &entry["action"]).collect();
    assert!(actions.contains(&&json!("tenants.suspend")), "{actions:?}");
}
