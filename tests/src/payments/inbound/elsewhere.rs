//! PJ7.7: refunds that were made at the provider, told in whatever order.

use std::time::Duration;

use serde_json::{Value, json};

use super::providers::{BANKS, connected, serve};
use super::{SECRET, Source, inbound_is, newest_of};
use crate::harness::{Client, Providers, Server, Site, eventually, on_both_stacks};
use crate::payments::{MOVABLE, balance, confirm, ledger_adds_up, made};

on_both_stacks!(
    what_succeeded_before_it_was_made_waits_for_it,
    what_cannot_be_given_back_is_for_a_person,
    a_provider_tells_of_refunds_that_were_made_there,
);

/// Makes a payment of 100.00 USD and has it paid. Returns its path and its provider's name for it.
async fn paid(bank: &Client, key: &str) -> (String, String) {
    let path = made(bank, key, &json!({})).await;
    assert_eq!(confirm(bank, &path, key, "pm_card").await.ok(200)["state"], "succeeded");
    let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
    let reference = attempts["data"][0]["provider_reference"].as_str().expect("a name");
    (path, reference.to_owned())
}

/// An event about a refund; that it was made names the payment.
fn of_refund(id: &str, refund: &str, payment: Option<&str>, status: &str, amount: i64) -> Value {
    let kind = if payment.is_some() { "created" } else { "succeeded" };
    json!({ "id": id, "type": format!("refund.{kind}"), "data": {
        "refund": refund, "payment": payment, "status": status, "amount": amount,
        "currency": "USD" } })
}

async fn what_succeeded_before_it_was_made_waits_for_it(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    let entries = site.rows("journal_entries").await;
    // The names are the same at both banks, and have nothing to do with each other.
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let source = Source::make(&bank, slug, "standard_webhooks", SECRET).await;
        let (path, payment) = paid(&bank, "paid").await;
        let refunds = bank.get("/v1/refunds?limit=100").await.ok(200)["data"].clone();
        let before = refunds.as_array().expect("a list").len();

        let early = of_refund("evt_1", "re_1", None, "succeeded", 4_000);
        source.say(&server, &early).await.ok(200);
        assert_eq!(inbound_is(&bank, "parked").await["last_error"], "refund_unknown");
        assert_eq!(bank.get(&path).await.ok(200)["amount_refunded"], 0);

        let made = of_refund("evt_2", "re_1", Some(&payment), "pending", 4_000);
        source.say(&server, &made).await.ok(200);
        eventually("it is written down", async || newest(&bank).await["made_at"] == "simulator")
            .await;
        let refund = newest(&bank).await;
        assert_eq!(
            (&refund["state"], &refund["provider_reference"], &refund["amount"]),
            (&"pending".into(), &"re_1".into(), &4_000.into())
        );
        assert_eq!(balance(&bank, "merchant_available").await.1, 4_000, "it is held");

        server.advance(Duration::from_secs(6)).await;
        eventually("it succeeds", async || newest(&bank).await["state"] == "succeeded").await;
        // Told again, in another order and under other ids.
        for (id, payment, status) in [
            ("evt_3", None, "succeeded"),
            ("evt_4", Some(payment.as_str()), "pending"),
            ("evt_5", Some(payment.as_str()), "succeeded"),
        ] {
            let again = of_refund(id, "re_1", payment, status, 4_000);
            source.say(&server, &again).await.ok(200);
        }
        applied(&bank, 5).await;
        assert_eq!(bank.get(&path).await.ok(200)["amount_refunded"], 4_000);
        let refunds = bank.get("/v1/refunds?limit=100").await.ok(200)["data"].clone();
        assert_eq!(refunds.as_array().map(Vec::len), Some(before + 1));
        assert_eq!(balance(&bank, "merchant_available").await.1, 0);
        ledger_adds_up(&bank).await;
    }
    assert_eq!(site.rows("journal_entries").await, entries + 4, "a capture and a refund of each");
}

async fn what_cannot_be_given_back_is_for_a_person(site: &Site) {
    let server = site.serve(&MOVABLE).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let (path, payment) = paid(&riverside, "paid").await;
    let (ours, theirs) = (
        Source::make(&riverside, "riverside", "standard_webhooks", SECRET).await,
        Source::make(&kita, "kita", "standard_webhooks", SECRET).await,
    );
    let much = of_refund("evt_1", "re_1", Some(&payment), "succeeded", 10_001);
    ours.say(&server, &much).await.ok(200);
    assert_eq!(inbound_is(&riverside, "parked").await["last_error"], "refund_exceeds_captured");
    let mut euros = of_refund("evt_2", "re_2", Some(&payment), "succeeded", 100);
    euros["data"]["currency"] = json!("EUR");
    ours.say(&server, &euros).await.ok(200);
    assert_eq!(newest_of(&riverside, "evt_2", "parked").await["last_error"], "payment_unknown");

    // Of another bank's payment nobody can say anything, whatever he signs.
    let stolen = of_refund("evt_1", "re_1", Some(&payment), "succeeded", 100);
    theirs.say(&server, &stolen).await.ok(200);
    assert_eq!(inbound_is(&kita, "parked").await["last_error"], "payment_unknown");
    for bank in [&riverside, &kita] {
        let refunds = bank.get("/v1/refunds?limit=100").await.ok(200);
        assert!(
            refunds["data"].as_array().expect("a list").iter().all(|it| it["made_at"].is_null())
        );
        assert_eq!(balance(bank, "merchant_available").await.1, 0);
    }
    assert_eq!(riverside.get(&path).await.ok(200)["amount_refunded"], 0);

    // One provider has one refund of a name, whoever writes.
    let whole = of_refund("evt_3", "re_3", Some(&payment), "pending", 100);
    ours.say(&server, &whole).await.ok(200);
    newest_of(&riverside, "evt_3", "applied").await;
    for odd in [
        "UPDATE refunds SET connector = NULL WHERE connector IS NOT NULL",
        "INSERT INTO refunds SELECT * FROM refunds WHERE connector IS NOT NULL",
    ] {
        let refused = site.try_run(odd).await;
        assert!(matches!(refused, Err(sqlx::Error::Database(_))), "{odd}: {refused:?}");
    }
}

async fn a_provider_tells_of_refunds_that_were_made_there(site: &Site) {
    let providers = Providers::start().await;
    let server: Server = serve(site, &providers).await;
    for (slug, account) in BANKS {
        let (bank, _, _) = connected(&server, &providers, (slug, account)).await;
        let (path, intent) = paid(&bank, "paid").await;
        let entries = site.rows("journal_entries").await;
        let name = providers.give_back(account, &intent, 2_500).await;
        let delivered = providers.deliver("cardway", account, "newest_first", 2).await;
        assert!(delivered.contains(&"refund.created 200".to_owned()), "{delivered:?}");
        eventually("it is written down", async || {
            bank.get(&path).await.ok(200)["amount_refunded"] == 2_500
        })
        .await;
        let refund = newest(&bank).await;
        assert_eq!(
            (&refund["state"], &refund["made_at"], &refund["provider_reference"]),
            (&"succeeded".into(), &"stripe".into(), &name.as_str().into())
        );
        assert_eq!(site.rows("journal_entries").await, entries + 1);
        // Nobody has asked the provider for it: there it is one.
        assert_eq!(providers.calls("cardway", account, "refunds.create").await, 1);
        ledger_adds_up(&bank).await;
    }
}

async fn newest(bank: &Client) -> Value {
    bank.get("/v1/refunds?limit=1").await.ok(200)["data"][0].clone()
}

async fn applied(bank: &Client, many: usize) {
    eventually("all are applied", async || {
        let events = bank.get("/v1/inbound-events?limit=100").await.ok(200);
        let events = events["data"].as_array().expect("a list").clone();
        events.len() == many && events.iter().all(|event| event["state"] == "applied")
    })
    .await;
}
