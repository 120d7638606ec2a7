//! A provider that takes the money and does not answer charges nobody twice: journey 3.

use std::time::Duration;

use serde_json::json;

use super::{attempts, connected, serve};
use crate::harness::{Providers, Site, eventually, on_both_stacks};
use crate::http::token;
use crate::payments::{confirm, ledger_adds_up, made, refund};

on_both_stacks!(a_timeout_charges_nobody_twice);

/// As many as open a connection's breaker.
const FAILURES: usize = 5;

async fn a_timeout_charges_nobody_twice(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    let [(bank, account, [first, _]), (other, others_account, _)] =
        connected(&server, &providers).await;
    let entries = site.rows("journal_entries").await;

    // 1, 2. The first provider does what it is asked, and hangs.
    let create = "payment_intents.create";
    providers.misbehave("cardway", account, create, json!("hang")).await;
    let path = made(&bank, "k", &json!({})).await;
    let unknown = confirm(&bank, &path, "k", "pm_card").await;
    assert_eq!(unknown.ok(202)["state"], "unknown");

    // 3. The same key gets the same answer, and nobody is asked again.
    let again = confirm(&bank, &path, "k", "pm_card").await;
    assert_eq!((again.status, &again.body), (202, &unknown.body));
    assert_eq!(providers.calls("cardway", account, create).await, 1);
    confirm(&bank, &path, "another", "pm_card").await.refused(409, "payment_state");

    // 4. The breaker opens: what comes next goes to the second provider, the unknown ones do not.
    let mut unknowns = vec![path.clone()];
    for number in 1..FAILURES {
        unknowns.push(made(&bank, &format!("k{number}"), &json!({})).await);
    }
    let asked = unknowns.iter().enumerate().skip(1).map(|(number, path)| {
        let (bank, path) = (bank.clone(), path.clone());
        tokio::spawn(async move {
            confirm(&bank, &path, &format!("k{number}"), "pm_card").await.ok(202);
        })
    });
    for confirmed in asked.collect::<Vec<_>>() {
        confirmed.await.expect("it is unknown as well");
    }
    let health = format!("/v1/integrations/connections/{first}/health");
    assert_eq!(bank.get(&health).await.ok(200)["breaker"], "open");
    let next = made(&bank, "next", &json!({})).await;
    assert_eq!(confirm(&bank, &next, "next", "pm_card").await.ok(200)["state"], "succeeded");
    let paid = |connector: &str| vec![(connector.to_owned(), "authorized".to_owned())];
    assert_eq!(attempts(&bank, &next).await, paid("paynova"));
    // The first may have been asked by now what has become of it: by whom it was asked is the same.
    let asked = attempts(&bank, &path).await;
    assert_eq!((asked.len(), asked[0].0.as_str()), (1, "stripe"));

    // The other bank's connection to the same provider is not held back. Its key "k" is its own.
    let theirs = made(&other, "k", &json!({})).await;
    assert_eq!(confirm(&other, &theirs, "k", "pm_card").await.ok(200)["state"], "succeeded");
    assert_eq!(attempts(&other, &theirs).await, paid("stripe"));
    assert_eq!(providers.calls("cardway", others_account, create).await, 1);

    // 5. When it is asked again, the provider says what it did.
    providers.behave("cardway").await;
    server.advance(Duration::from_mins(2)).await;
    for path in &unknowns {
        eventually("the provider is asked", async || {
            bank.get(path).await.ok(200)["state"] == "succeeded"
        })
        .await;
        assert_eq!(attempts(&bank, path).await, paid("stripe"));
    }
    let calls = providers.calls("cardway", account, create).await;
    assert_eq!(usize::try_from(calls).expect("a few"), FAILURES, "each was asked for once");
    assert_eq!(bank.get(&health).await.ok(200)["breaker"], "closed");
    let all = i64::try_from(FAILURES + 2).expect("a few");
    assert_eq!(site.rows("journal_entries").await, entries + all, "one entry for each payment");
    // What was answered stays what it was.
    assert_eq!(confirm(&bank, &path, "k", "pm_card").await.body, unknown.body);

    // 7. Now it can be given back.
    let promised = refund(&bank, &path, "back", 4_000).await.ok(201);
    crate::payments::is_refunded(&bank, &promised).await;
    for bank in [&bank, &other] {
        ledger_adds_up(bank).await;
    }

    // 8. The other bank finds nothing of it, and an analyst manages no connection.
    let missing = other.get(&format!("{path}/attempts")).await;
    missing.refused(404, "resource_missing");
    other.get(&health).await.refused(404, "resource_missing");

    let analyst = token::in_role(&bank, "riverside", "analyst").await;
    let open = json!({ "rule": "open" });
    let breaker = format!("/v1/integrations/connections/{first}/breaker");
    analyst.post(&breaker, &open).await.refused(403, "permission_denied");
}
