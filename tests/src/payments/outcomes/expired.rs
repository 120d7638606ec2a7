//! What is reserved for too long goes back to the payer: P25.

use std::time::Duration;

use serde_json::{Value, json};

use super::{attempt, serve};
use crate::harness::{Client, Providers, Site, eventually, on_both_stacks};
use crate::payments::{authorized, balance, capture, is_refunded, ledger_adds_up, post, refund};

on_both_stacks!(what_nobody_takes_in_time_expires, each_provider_has_its_own_time);

/// In minutes.
const WEEK: u64 = 7 * 24 * 60;

async fn what_nobody_takes_in_time_expires(site: &Site) {
    let server = serve(site, &[]).await;
    let mut paths = Vec::new();
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let whole = authorized(&bank, "whole").await;
        let part = authorized(&bank, "part").await;
        capture(&bank, &part, "part", 4_000).await.ok(200);
        let all = authorized(&bank, "all").await;
        capture(&bank, &all, "all", 10_000).await.ok(200);
        paths.push((bank, whole, part, all));
    }
    let (entries, holds) = (site.rows("journal_entries").await, expired(site).await);
    server.advance(Duration::from_mins(WEEK - 5)).await;
    for (bank, whole, part, _) in &paths {
        // The reconciler has ticked: a refund is done by it.
        let back = refund(bank, part, "back", 100).await.ok(201);
        is_refunded(bank, &back).await;
        assert_eq!(bank.get(whole).await.ok(200)["state"], "authorized", "a minute is left");
    }
    server.advance(Duration::from_mins(6)).await;
    for (bank, whole, part, all) in &paths {
        state_is(bank, whole, "expired").await;
        state_is(bank, part, "canceled").await;
        let kept = bank.get(part).await.ok(200);
        assert_eq!(
            (&kept["amount_captured"], &kept["amount_refunded"]),
            (&4_000.into(), &100.into())
        );
        assert_eq!(bank.get(all).await.ok(200)["state"], "succeeded");
        let late = capture(bank, whole, "late", 1).await;
        late.refused(409, "payment_state");
        post(bank, &format!("{whole}/confirm"), "again", &json!({ "payment_method": "pm_card" }))
            .await
            .refused(409, "payment_state");
        eventually("the provider is told", async || {
            attempt(bank, whole).await["state"] == "voided"
        })
        .await;
        let events = bank.get("/v1/events?limit=100").await.ok(200);
        let told = events["data"].as_array().expect("a list").iter();
        let id = whole.rsplit('/').next().expect("an id");
        let told: Vec<&Value> = told
            .filter(|event| event["type"] == "payment.expired" && event["data"]["id"] == id)
            .collect();
        assert_eq!(told.len(), 1, "{events}");
        assert_eq!(balance(bank, "merchant_available").await.1, 0);
        ledger_adds_up(bank).await;
    }
    assert_eq!(site.rows("journal_entries").await, entries + 2, "the refunds, and no more");
    // Resolved once: expired where nothing moved, posted where something did.
    assert_eq!(expired(site).await, holds + 2);
    let pending = "holds WHERE state = 'pending' AND cause_kind = 'attempt'";
    assert_eq!(site.rows_where(pending).await, 0);
    let odd = "UPDATE holds SET posted = 1 WHERE state = 'expired'";
    assert!(site.try_run(odd).await.is_err());
}

async fn each_provider_has_its_own_time(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers.options()).await;
    let mut paths = Vec::new();
    for (slug, account) in [("riverside", "sk_account_one"), ("kita", "sk_account_two")] {
        let bank = server.client(slug);
        let [first, _] = providers.connect(&bank, account).await;
        let of_a_week = authorized(&bank, "week").await;
        let breaker = format!("/v1/integrations/connections/{first}/breaker");
        bank.post(&breaker, &json!({ "rule": "open" })).await.ok(200);
        let of_five_days = authorized(&bank, "five").await;
        bank.post(&breaker, &json!({ "rule": "automatic" })).await.ok(200);
        paths.push((bank, account, of_a_week, of_five_days));
    }
    server.advance(Duration::from_hours(5 * 24)).await;
    for (bank, account, of_a_week, of_five_days) in &paths {
        state_is(bank, of_five_days, "expired").await;
        eventually("its provider is told", async || {
            providers.calls("paynova", account, "reservations.delete").await == 1
        })
        .await;
        assert_eq!(bank.get(of_a_week).await.ok(200)["state"], "authorized");
    }
    server.advance(Duration::from_hours(2 * 24)).await;
    for (bank, account, of_a_week, _) in &paths {
        state_is(bank, of_a_week, "expired").await;
        eventually("its provider is told", async || {
            providers.calls("cardway", account, "payment_intents.cancel").await == 1
        })
        .await;
    }
}

async fn expired(site: &Site) -> i64 {
    site.rows_where("holds WHERE state = 'expired'").await
}

async fn state_is(bank: &Client, path: &str, state: &str) {
    eventually(&format!("it is {state}"), async || bank.get(path).await.ok(200)["state"] == state)
        .await;
}
