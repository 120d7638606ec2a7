//! A provider that does not say is asked ever more seldom, and not for ever.

use std::time::Duration;

use serde_json::{Value, json};

use super::{attempt, serve};
use crate::harness::{Providers, Site, eventually, on_both_stacks};
use crate::payments::{confirm, is_refunded, ledger_adds_up, made, refund};

on_both_stacks!(
    a_silent_provider_is_asked_ever_more_seldom,
    a_provider_that_hangs_holds_up_no_other_bank,
);

const SEARCH: &str = "payment_intents.search";
const BANKS: [(&str, &str); 2] = [("riverside", "sk_account_one"), ("kita", "sk_account_two")];

async fn a_silent_provider_is_asked_ever_more_seldom(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers.options()).await;
    let mut banks = Vec::new();
    for (slug, account) in BANKS {
        let bank = server.client(slug);
        let paid = made(&bank, "paid", &json!({})).await;
        assert_eq!(confirm(&bank, &paid, "paid", "pm_card").await.ok(200)["state"], "succeeded");
        let [first, _] = providers.connect(&bank, account).await;
        // The breaker would ask even more seldom.
        let breaker = format!("/v1/integrations/connections/{first}/breaker");
        bank.post(&breaker, &json!({ "rule": "closed" })).await.ok(200);
        providers.misbehave("cardway", account, "payment_intents.create", json!("hang")).await;
        // It says nothing, at once, and is not asked a second time for that.
        providers.misbehave("cardway", account, SEARCH, json!({ "fail": 401 })).await;
        let path = made(&bank, "k", &json!({})).await;
        assert_eq!(confirm(&bank, &path, "k", "pm_card").await.ok(202)["state"], "unknown");
        banks.push((bank, account, path, paid));
    }
    let asked = async |account: &str| providers.calls("cardway", account, SEARCH).await;

    // At first after seconds, later after hours: it is asked again, however long that takes.
    for _ in 0..12 {
        let mut before = Vec::new();
        for (_, account, ..) in &banks {
            before.push(asked(account).await);
        }
        server.advance(Duration::from_hours(1)).await;
        for ((_, account, ..), before) in banks.iter().zip(before) {
            eventually("it is asked again", async || asked(account).await > before).await;
        }
    }
    // By now it is asked once in half an hour to an hour, however often the reconciler looks.
    let mut before = Vec::new();
    for (_, account, ..) in &banks {
        before.push(asked(account).await);
    }
    for step in 0..12 {
        server.advance(Duration::from_mins(10)).await;
        for (bank, _, _, paid) in &banks {
            // It has looked: whoever has a refund finished has asked what was due before.
            let promised = refund(bank, paid, &format!("look-{step}"), 1).await.ok(201);
            is_refunded(bank, &promised).await;
        }
    }
    for ((_, account, ..), before) in banks.iter().zip(before) {
        let times = asked(account).await - before;
        assert!((1..=4).contains(&times), "{times} times in two hours");
    }
    // After three days a person has to find out, and nobody else does.
    for (bank, _, path, _) in &banks {
        let waits = bank.get(path).await.ok(200);
        assert_eq!(
            (&waits["state"], &waits["needs_decision_since"]),
            (&"unknown".into(), &Value::Null)
        );
    }
    server.advance(Duration::from_hours(3 * 24)).await;
    for (bank, _, path, _) in &banks {
        eventually("somebody has to find out", async || {
            bank.get(path).await.ok(200)["needs_decision_since"].is_string()
        })
        .await;
        assert!(attempt(bank, path).await["given_up_at"].is_string());
        let told = bank.get("/v1/events?limit=1").await.ok(200)["data"][0].clone();
        assert!(told["data"]["needs_decision_since"].is_string(), "{told}");
    }
    providers.behave("cardway").await;
    server.advance(Duration::from_hours(24)).await;
    // Now the provider would tell. What comes later is asked for, and this one is not.
    for (bank, account, path, _) in &banks {
        let hang = json!("hang");
        providers.misbehave_times("cardway", account, "payment_intents.create", hang, 1).await;
        let later = made(bank, "later", &json!({})).await;
        assert_eq!(confirm(bank, &later, "later", "pm_card").await.ok(202)["state"], "unknown");
        eventually("the later one is found", async || {
            bank.get(&later).await.ok(200)["state"] == "succeeded"
        })
        .await;
        assert_eq!(bank.get(path).await.ok(200)["state"], "unknown");
        ledger_adds_up(bank).await;
    }
}

/// One bank has so many open questions to a provider that hangs that asking them takes longer than
/// the other one waits.
async fn a_provider_that_hangs_holds_up_no_other_bank(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers.options()).await;
    let [(_, loud), (_, quiet)] = BANKS;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    for (bank, account) in [(&riverside, loud), (&kita, quiet)] {
        let [first, _] = providers.connect(bank, account).await;
        let breaker = format!("/v1/integrations/connections/{first}/breaker");
        bank.post(&breaker, &json!({ "rule": "closed" })).await.ok(200);
        providers.misbehave("cardway", account, "payment_intents.create", json!("hang")).await;
    }
    providers.misbehave("cardway", loud, SEARCH, json!("hang")).await;
    let mut loud_paths = Vec::new();
    // No more at a time than a connection lets through.
    for batch in 0..2 {
        let confirmed = (0..12).map(|at| {
            let (bank, key) = (riverside.clone(), format!("k{batch}-{at}"));
            tokio::spawn(async move {
                let path = made(&bank, &key, &json!({})).await;
                confirm(&bank, &path, &key, "pm_card").await.ok(202);
                path
            })
        });
        for path in confirmed.collect::<Vec<_>>() {
            loud_paths.push(path.await.expect("it is unknown"));
        }
    }
    eventually("the first is being asked", async || {
        providers.calls("cardway", loud, SEARCH).await > 0
    })
    .await;
    let path = made(&kita, "k", &json!({})).await;
    assert_eq!(confirm(&kita, &path, "k", "pm_card").await.ok(202)["state"], "unknown");
    eventually("the other bank's is found", async || {
        kita.get(&path).await.ok(200)["state"] == "succeeded"
    })
    .await;
    let asked = providers.calls("cardway", loud, SEARCH).await;
    assert!(asked < 24, "not all were asked before: {asked}");
    assert_eq!(riverside.get(&loud_paths[0]).await.ok(200)["state"], "unknown");
    ledger_adds_up(&kita).await;
}
