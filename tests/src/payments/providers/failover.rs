//! Who is asked when the first one cannot be: and who is not.

use serde_json::json;

use super::{attempts, connected, serve};
use crate::harness::{Client, Providers, Site, eventually, on_both_stacks};
use crate::payments::{authorized, capture, confirm, ledger_adds_up, made, refund};

on_both_stacks!(
    what_was_not_sent_goes_elsewhere_and_what_was_refused_does_not,
    a_request_is_repeated_under_its_id,
    money_is_captured_and_refunded_where_it_was_reserved,
    what_differs_is_not_booked,
);

const CREATE: &str = "payment_intents.create";

fn word(text: &str, state: &str) -> (String, String) {
    (text.to_owned(), state.to_owned())
}

async fn what_was_not_sent_goes_elsewhere_and_what_was_refused_does_not(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    for (bank, account, [first, second]) in connected(&server, &providers).await {
        // A card that is refused is refused: nobody else is asked.
        let path = made(&bank, "poor", &json!({})).await;
        let refused = confirm(&bank, &path, "poor", "pm_declined_insufficient_funds").await.ok(200);
        assert_eq!(
            (&refused["state"], &refused["failure_code"]),
            (&"failed".into(), &"insufficient_funds".into())
        );
        assert_eq!(attempts(&bank, &path).await, [word("stripe", "declined")]);

        // A provider that knows the key no more has done nothing.
        providers.misbehave_times("cardway", account, CREATE, json!({ "fail": 401 }), 1).await;
        let path = made(&bank, "key", &json!({})).await;
        assert_eq!(confirm(&bank, &path, "key", "pm_card").await.ok(200)["state"], "succeeded");
        let gone_elsewhere = [word("paynova", "authorized"), word("stripe", "declined")];
        assert_eq!(attempts(&bank, &path).await, gone_elsewhere);

        // What may have been done is nobody else's: not after three answers of a broken server.
        providers.misbehave("cardway", account, CREATE, json!({ "fail": 500 })).await;
        let path = made(&bank, "broken", &json!({})).await;
        assert_eq!(confirm(&bank, &path, "broken", "pm_card").await.ok(202)["state"], "unknown");
        assert_eq!(attempts(&bank, &path).await, [word("stripe", "unknown")]);
        providers.behave("cardway").await;

        // By hand, too: one closed, then both.
        set_breaker(&bank, &first, "open").await;
        let path = made(&bank, "by-hand", &json!({})).await;
        confirm(&bank, &path, "by-hand", "pm_card").await.ok(200);
        assert_eq!(attempts(&bank, &path).await, [word("paynova", "authorized")]);
        set_breaker(&bank, &second, "open").await;
        let path = made(&bank, "nobody", &json!({})).await;
        let answer = confirm(&bank, &path, "nobody", "pm_card").await;
        answer.refused(503, "provider_unavailable");
        assert_eq!(bank.get(&path).await.ok(200)["state"], "requires_confirmation");
        set_breaker(&bank, &second, "automatic").await;
        let paid = confirm(&bank, &path, "nobody", "pm_card").await.ok(200);
        assert_eq!(paid["state"], "succeeded", "a refused request leaves its key free");
        ledger_adds_up(&bank).await;
    }
}

async fn a_request_is_repeated_under_its_id(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    let banks = connected(&server, &providers).await;
    let entries = site.rows("journal_entries").await;
    for (bank, account, [first, _]) in &banks {
        // The first answer is lost, and the work was done.
        providers
            .misbehave_times("cardway", account, CREATE, json!({ "fail_after": 502 }), 1)
            .await;
        let path = made(bank, "again", &json!({})).await;
        assert_eq!(confirm(bank, &path, "again", "pm_card").await.ok(200)["state"], "succeeded");
        assert_eq!(providers.calls("cardway", account, CREATE).await, 2);
        assert_eq!(attempts(bank, &path).await.len(), 1);
        let calls = format!("/v1/integrations/connections/{first}/calls");
        eventually("both calls are written down", async || {
            let calls = bank.get(&calls).await.ok(200);
            let mut outcomes: Vec<_> = calls["data"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|call| {
                    (call["attempt"].as_i64(), call["outcome"].as_str(), call["status"].as_i64())
                })
                .collect();
            outcomes.sort_unstable();
            outcomes == [(Some(1), Some("unknown"), Some(502)), (Some(2), Some("answered"), None)]
        })
        .await;
        ledger_adds_up(bank).await;
    }
    assert_eq!(site.rows("journal_entries").await, entries + 2);
}

async fn money_is_captured_and_refunded_where_it_was_reserved(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    for (bank, account, [first, _]) in connected(&server, &providers).await {
        for (key, connector) in [("one", "stripe"), ("two", "paynova")] {
            let path = authorized(&bank, key).await;
            assert_eq!(attempts(&bank, &path).await, [word(connector, "authorized")]);
            let part = capture(&bank, &path, &format!("{key}-part"), 4_000).await.ok(200);
            assert_eq!(part["state"], "partially_captured");
            if connector == "stripe" {
                // A capture whose answers are lost is found by what the provider says of it.
                let lost = json!({ "fail_after": 500 });
                providers.misbehave("cardway", account, "payment_intents.capture", lost).await;
                capture(&bank, &path, &format!("{key}-lost"), 1_000).await;
                providers.behave("cardway").await;
                server.advance(std::time::Duration::from_mins(2)).await;
                eventually("the capture is found", async || {
                    bank.get(&path).await.ok(200)["amount_captured"] == 5_000
                })
                .await;
            }
            bank.post(&format!("{path}/cancel"), &json!({})).await.ok(200);
            let back = refund(&bank, &path, &format!("{key}-back"), 3_000).await.ok(201);
            crate::payments::is_refunded(&bank, &back).await;
            eventually("the rest is freed", async || {
                attempts(&bank, &path).await == [word(connector, "voided")]
            })
            .await;
            set_breaker(&bank, &first, "open").await;
        }
        ledger_adds_up(&bank).await;
    }
}

async fn what_differs_is_not_booked(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    let banks = connected(&server, &providers).await;
    let entries = site.rows("journal_entries").await;
    for (bank, account, _) in &banks {
        providers.misbehave_times("cardway", account, CREATE, json!({ "differ": -1 }), 1).await;
        let path = made(bank, "short", &json!({})).await;
        assert_eq!(confirm(bank, &path, "short", "pm_card").await.ok(200)["state"], "conflicted");
        assert_eq!(attempts(bank, &path).await, [word("stripe", "conflicted")]);
        ledger_adds_up(bank).await;
    }
    assert_eq!(site.rows("journal_entries").await, entries);
}

async fn set_breaker(bank: &Client, connection: &str, rule: &str) {
    let path = format!("/v1/integrations/connections/{connection}/breaker");
    let changed = bank.post(&path, &json!({ "rule": rule })).await.ok(200);
    assert_eq!(changed["breaker_rule"], rule);
}
