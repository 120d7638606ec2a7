//! Events as the providers send them: PJ3 step 6, and the same of captures and refunds.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Source, inbound_is, state_is};
use crate::harness::{Client, Providers, Server, Site, eventually, on_both_stacks};
use crate::payments::{MOVABLE, authorized, capture, confirm, ledger_adds_up, made, refund};

on_both_stacks!(
    a_late_event_comes_twice_and_an_older_one_after_it,
    what_a_provider_does_later_is_told_by_its_events,
    a_source_speaks_of_its_own_provider_only,
);

pub(super) const BANKS: [(&str, &str); 2] =
    [("riverside", "sk_account_one"), ("kita", "sk_account_two")];

/// How each provider signs, what the platform calls it, and a secret.
const SIGNED: [(&str, &str, &str, &str); 2] = [
    ("cardway", "stripe", "stripe", "whsec_of_a_card_provider"),
    (
        "paynova",
        "paynova",
        "standard_webhooks",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ),
];

pub(super) async fn serve(site: &Site, providers: &Providers) -> Server {
    let more = providers.options();
    let mut options = MOVABLE.to_vec();
    options.extend(more.iter().map(String::as_str));
    site.serve(&options).await
}

/// Connects a bank to both providers, and has both tell it of its events. Returns the sources.
pub(super) async fn connected(
    server: &Server,
    providers: &Providers,
    (slug, account): (&str, &'static str),
) -> (Client, [Source; 2], [String; 2]) {
    let bank = server.client(slug);
    let ids = providers.connect(&bank, account).await;
    let listen = async |at: usize| {
        let (name, connector, scheme, secret) = SIGNED[at];
        let more = json!({ "connector": connector });
        let source = Source::of(&bank, slug, scheme, secret, &more).await;
        let url = format!("http://{}{}", server.address(), source.path);
        providers.tell_of_events(name, account, &url, secret).await;
        source
    };
    let sources = [listen(0).await, listen(1).await];
    (bank, sources, ids)
}

async fn a_late_event_comes_twice_and_an_older_one_after_it(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    for (slug, account) in BANKS {
        let (bank, [card, _], _) = connected(&server, &providers, (slug, account)).await;
        // The provider takes the money and hangs; asked later, it does not answer either.
        for operation in ["payment_intents.create", "payment_intents.search"] {
            providers.misbehave("cardway", account, operation, json!("hang")).await;
        }
        let path = made(&bank, "late", &json!({})).await;
        assert_eq!(confirm(&bank, &path, "late", "pm_card").await.ok(202)["state"], "unknown");
        let entries = site.rows("journal_entries").await;
        let delivered = providers.deliver("cardway", account, "oldest_first", 2).await;
        assert_eq!(delivered, ["payment_intent.succeeded 200", "payment_intent.succeeded 200"]);
        state_is(&bank, &path, "succeeded").await;
        let told = inbound_is(&bank, "applied").await;
        let older = json!({
            "id": "evt_older", "object": "event", "type": "payment_intent.processing",
            "data": { "object": {
                "id": "pi_x", "object": "payment_intent", "status": "processing", "amount": 10_000,
                "currency": "usd", "metadata": { "request_id": attempt(&bank, &path).await },
            } },
        });
        let answer = card.say(&server, &older).await.ok(200);
        assert_eq!(answer, json!({ "accepted": 1, "duplicates": 0 }));
        eventually("the older one is applied too", async || {
            let newest = inbound_is(&bank, "applied").await;
            newest["external_id"] == "evt_older"
        })
        .await;
        assert_eq!(bank.get(&path).await.ok(200)["state"], "succeeded");
        assert_eq!(site.rows("journal_entries").await, entries + 1, "one entry, {told}");
        let events = bank.get("/v1/inbound-events").await.ok(200);
        assert_eq!(events["data"].as_array().map(Vec::len), Some(2));
        ledger_adds_up(&bank).await;
    }
}

/// A capture and a refund whose answers are lost, at either provider, in the order that is worst.
async fn what_a_provider_does_later_is_told_by_its_events(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    for (slug, account) in BANKS {
        let (bank, _, [first, _]) = connected(&server, &providers, (slug, account)).await;
        for (name, capturing, finding) in [
            ("cardway", "payment_intents.capture", "payment_intents.retrieve"),
            ("paynova", "charges.create", "operations.find"),
        ] {
            let path = authorized(&bank, name).await;
            // It does all it is asked for, and says nothing of it when asked.
            for operation in [capturing, finding] {
                providers.misbehave(name, account, operation, json!("hang")).await;
            }
            capture(&bank, &path, &format!("{name}-take"), 6_000).await.ok(202);
            for _ in 0..2 {
                providers.deliver(name, account, "newest_first", 2).await;
            }
            eventually("the capture is told", async || {
                bank.get(&path).await.ok(200)["amount_captured"] == 6_000
            })
            .await;
            providers.behave(name).await;
            let promised = refund(&bank, &path, &format!("{name}-back"), 1_000).await.ok(201);
            crate::payments::is_refunded(&bank, &promised).await;
            let delivered = providers.deliver(name, account, "newest_first", 1).await;
            assert!(delivered.iter().any(|told| told.starts_with("refund.")), "{delivered:?}");
            assert!(delivered.iter().all(|told| told.ends_with(" 200")), "{delivered:?}");
            all_applied(&bank).await;
            let payment = bank.get(&path).await.ok(200);
            assert_eq!(
                (&payment["amount_captured"], &payment["amount_refunded"], &payment["state"]),
                (&6_000.into(), &1_000.into(), &"partially_captured".into())
            );
            ledger_adds_up(&bank).await;
            let breaker = format!("/v1/integrations/connections/{first}/breaker");
            bank.post(&breaker, &json!({ "rule": "open" })).await.ok(200);
            server.advance(Duration::from_mins(1)).await;
        }
    }
}

/// What one provider signs says nothing of what another one did.
async fn a_source_speaks_of_its_own_provider_only(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    for (slug, account) in BANKS {
        let (bank, [_, nova], _) = connected(&server, &providers, (slug, account)).await;
        for operation in ["payment_intents.create", "payment_intents.search"] {
            providers.misbehave("cardway", account, operation, json!("hang")).await;
        }
        let path = made(&bank, "mine", &json!({})).await;
        confirm(&bank, &path, "mine", "pm_card").await.ok(202);
        let said = json!({ "type": "payment.done", "data": {
            "externalId": attempt(&bank, &path).await, "paymentId": "pn_1", "status": "DONE",
            "money": { "value": "100.00", "currency": "USD" } } });
        nova.say(&server, &said).await.ok(200);
        inbound_is(&bank, "ignored").await;
        assert_eq!(bank.get(&path).await.ok(200)["state"], "unknown");
    }
}

async fn attempt(bank: &Client, path: &str) -> String {
    let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
    attempts["data"][0]["id"].as_str().expect("an id").to_owned()
}

async fn all_applied(bank: &Client) {
    eventually("all events are applied", async || {
        let events = bank.get("/v1/inbound-events?limit=100").await.ok(200);
        let states: Vec<&Value> =
            events["data"].as_array().expect("a list").iter().map(|it| &it["state"]).collect();
        states.iter().all(|state| *state == "applied")
    })
    .await;
}
