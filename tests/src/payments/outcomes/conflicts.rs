//! A person settles captures and refunds of which a provider did something else than it was asked.

use serde_json::{Value, json};

use super::serve;
use crate::harness::{Answer, Client, Providers, Site, eventually, on_both_stacks};
use crate::http::token;
use crate::payments::{authorized, balance, capture, ledger_adds_up, refund};

on_both_stacks!(
    a_capture_of_another_amount_is_settled,
    a_refund_of_another_amount_is_settled,
    only_who_may_settles_them,
);

const BANKS: [(&str, &str); 2] = [("riverside", "sk_account_one"), ("kita", "sk_account_two")];

async fn settle(person: &Client, path: &str, body: &Value) -> Answer {
    let mut said = json!({ "evidence": "line 17" });
    let members = body.as_object().expect("an object").clone();
    said.as_object_mut().expect("an object").extend(members);
    person.post(&format!("{path}/resolve"), &said).await
}

/// Has a provider capture a cent less than 60.00 of 100.00. Returns the payment's and the capture's
/// path.
async fn short_capture(
    providers: &Providers,
    bank: &Client,
    account: &str,
    key: &str,
) -> (String, String) {
    let path = authorized(bank, key).await;
    let less = json!({ "differ": -1 });
    providers.misbehave_times("cardway", account, "payment_intents.capture", less, 1).await;
    let answer = capture(bank, &path, &format!("{key}-take"), 6_000).await.ok(202);
    assert!(answer["needs_decision_since"].is_string(), "{answer}");
    let captures = bank.get(&format!("{path}/captures")).await.ok(200);
    let short = &captures["data"][0];
    assert_eq!(
        (&short["state"], &short["reported_amount"], &short["reported_currency"]),
        (&"conflicted".into(), &5_999.into(), &"USD".into())
    );
    let id = short["id"].as_str().expect("an id");
    (path, format!("/v1/captures/{id}"))
}

async fn a_capture_of_another_amount_is_settled(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers.options()).await;
    for (slug, account) in BANKS {
        let bank = server.client(slug);
        providers.connect(&bank, account).await;
        let operator = token::in_role(&bank, slug, "operator").await;
        let receivable = balance(&bank, "psp_receivable").await.0;

        let (path, short) = short_capture(&providers, &bank, account, "taken").await;
        let cancel = bank.post(&format!("{path}/cancel"), &json!({})).await;
        cancel.refused(409, "payment_not_cancelable");
        for wrong in [
            json!({ "outcome": "succeeded" }),
            json!({ "outcome": "succeeded", "amount": 6_001 }),
            json!({ "outcome": "failed", "amount": 1 }),
        ] {
            let refused = settle(&operator, &short, &wrong).await;
            refused.refused_field("field_invalid", "amount");
        }
        assert_eq!(balance(&bank, "psp_receivable").await.0, receivable, "nothing is posted");
        let taken = json!({ "outcome": "succeeded", "amount": 5_999 });
        let settled = settle(&operator, &short, &taken).await.ok(200);
        assert_eq!(
            (&settled["state"], &settled["amount"], &settled["resolved_by"]),
            (&"succeeded".into(), &5_999.into(), &"user:mara".into())
        );
        settle(&operator, &short, &taken).await.refused(409, "outcome_known");
        let payment = bank.get(&path).await.ok(200);
        assert_eq!(
            (&payment["state"], &payment["amount_captured"], &payment["needs_decision_since"]),
            (&"partially_captured".into(), &5_999.into(), &Value::Null)
        );
        assert_eq!(balance(&bank, "psp_receivable").await.0, receivable + 5_999);
        // The rest is what it was.
        capture(&bank, &path, "much", 4_002)
            .await
            .refused_field("capture_exceeds_authorized", "amount");
        bank.post(&format!("{path}/cancel"), &json!({})).await.ok(200);

        let (path, short) = short_capture(&providers, &bank, account, "not").await;
        settle(&operator, &short, &json!({ "outcome": "failed" })).await.ok(200);
        let payment = bank.get(&path).await.ok(200);
        assert_eq!(
            (&payment["state"], &payment["amount_captured"], &payment["needs_decision_since"]),
            (&"authorized".into(), &0.into(), &Value::Null)
        );
        assert_eq!(balance(&bank, "psp_receivable").await.0, receivable + 5_999);
        ledger_adds_up(&bank).await;
    }
}

/// Has a provider give back a cent less than 40.00. Returns the refund's path.
async fn short_refund(
    providers: &Providers,
    bank: &Client,
    account: &str,
    (path, key): (&str, &str),
) -> String {
    let less = json!({ "differ": -1 });
    providers.misbehave_times("cardway", account, "refunds.create", less, 1).await;
    let promised = refund(bank, path, key, 4_000).await.ok(201);
    let id = promised["id"].as_str().expect("an id");
    let short = format!("/v1/refunds/{id}");
    eventually("it is in conflict", async || {
        bank.get(&short).await.ok(200)["state"] == "conflicted"
    })
    .await;
    assert_eq!(bank.get(&short).await.ok(200)["reported_amount"], 3_999);
    short
}

async fn a_refund_of_another_amount_is_settled(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers.options()).await;
    for (slug, account) in BANKS {
        let bank = server.client(slug);
        providers.connect(&bank, account).await;
        let operator = token::in_role(&bank, slug, "operator").await;
        let path = authorized(&bank, "paid").await;
        capture(&bank, &path, "all", 10_000).await.ok(200);
        let (available, held) = balance(&bank, "merchant_available").await;

        let first = short_refund(&providers, &bank, account, (&path, "first")).await;
        let second = short_refund(&providers, &bank, account, (&path, "second")).await;
        assert!(bank.get(&path).await.ok(200)["needs_decision_since"].is_string());
        assert_eq!(balance(&bank, "merchant_available").await, (available, held + 8_000));
        let much = json!({ "outcome": "succeeded", "amount": 4_001 });
        settle(&operator, &first, &much).await.refused_field("field_invalid", "amount");

        let given = json!({ "outcome": "succeeded", "amount": 3_999 });
        let settled = settle(&operator, &first, &given).await.ok(200);
        assert_eq!(
            (&settled["state"], &settled["amount"], &settled["evidence"]),
            (&"succeeded".into(), &3_999.into(), &"line 17".into())
        );
        // The other one still waits.
        let payment = bank.get(&path).await.ok(200);
        assert!(payment["needs_decision_since"].is_string(), "{payment}");
        assert_eq!(payment["amount_refunded"], 3_999);
        let expected = (available - 3_999, held + 4_000);
        assert_eq!(balance(&bank, "merchant_available").await, expected);

        settle(&operator, &second, &json!({ "outcome": "failed" })).await.ok(200);
        settle(&operator, &second, &given).await.refused(409, "outcome_known");
        let payment = bank.get(&path).await.ok(200);
        assert_eq!(
            (&payment["needs_decision_since"], &payment["amount_refunded"]),
            (&Value::Null, &3_999.into())
        );
        assert_eq!(balance(&bank, "merchant_available").await, (available - 3_999, held));
        // What was not given back can be.
        refund(&bank, &path, "more", 6_002)
            .await
            .refused_field("refund_exceeds_captured", "amount");
        refund(&bank, &path, "rest", 6_001).await.ok(201);
        ledger_adds_up(&bank).await;
    }
}

async fn only_who_may_settles_them(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers.options()).await;
    let [(one, account), (two, _)] = BANKS;
    let (bank, other) = (server.client(one), server.client(two));
    providers.connect(&bank, account).await;
    let of_other = token::in_role(&other, two, "owner").await;
    let paid = authorized(&bank, "paid").await;
    capture(&bank, &paid, "all", 10_000).await.ok(200);
    let (_, captured) = short_capture(&providers, &bank, account, "taken").await;
    let refunded = short_refund(&providers, &bank, account, (&paid, "back")).await;
    let failed = json!({ "outcome": "failed" });
    for (path, nobodys) in [
        (&captured, "/v1/captures/cap_01k8p0g2v7e9h9qk3x5t7w1zra"),
        (&refunded, "/v1/refunds/ref_01k8p0g2v7e9h9qk3x5t7w1zra"),
    ] {
        for role in ["analyst", "developer", "auditor", "finance_approver"] {
            let weak = token::in_role(&bank, one, role).await;
            settle(&weak, path, &failed).await.refused(403, "permission_denied");
        }
        let theirs = settle(&of_other, path, &failed).await;
        let random = settle(&of_other, nobodys, &failed).await;
        theirs.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), random.alike());
    }
    other.get(&format!("{paid}/captures")).await.refused(404, "resource_missing");
    let owner = token::in_role(&bank, one, "owner").await;
    for path in [&captured, &refunded] {
        settle(&owner, path, &failed).await.ok(200);
    }
    let auditor = token::in_role(&bank, one, "auditor").await;
    for action in ["captures.resolve", "refunds.resolve"] {
        eventually("the auditor reads it", async || {
            let told = auditor.get(&format!("/v1/audit?action={action}&limit=100")).await.ok(200);
            let told = told["data"].as_array().expect("a list").clone();
            told.iter().any(|it| it["changes"][0]["after"] == "line 17")
        })
        .await;
    }
}
