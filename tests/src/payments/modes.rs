//! Test and live mode: what is done in one is not there in the other.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenancy_core::TenantId;

use super::{UNLIMITED, authorized, capture, is_refunded, ledger_adds_up, made, refund};
use crate::harness::{Client, Site, on_both_stacks};
use crate::http::token;

on_both_stacks!(
    a_trial_leaves_no_trace_in_any_live_table,
    neither_mode_reaches_the_other,
    who_has_no_key_says_the_mode,
);

/// What each table has under an id.
async fn rows(site: &Site, tenant: TenantId) -> BTreeMap<String, i64> {
    let mut rows = BTreeMap::new();
    for table in site.tables().await {
        let count = site.rows_of(&table, tenant).await;
        rows.insert(table, count);
    }
    rows
}

/// Everything that the API can make, by a test key.
async fn everything(bank: &Client) {
    let customer = json!({ "name": "Tess Trial" });
    let customer = bank.post("/v1/customers", &customer).await.ok(201);
    let order = json!({ "customer": customer["id"], "reference": "trial" });
    let path = made(bank, "order", &order).await;
    bank.post(&format!("{path}/cancel"), &json!({})).await.ok(200);
    let path = authorized(bank, "trial").await;
    capture(bank, &path, "take", 5_000).await.ok(200);
    let returned = refund(bank, &path, "back", 1_000).await.ok(201);
    is_refunded(bank, &returned).await;
    ledger_adds_up(bank).await;
}

/// Over all tables there are, those of features that are still to come too.
async fn a_trial_leaves_no_trace_in_any_live_table(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let home = server.tenant(slug).id();
        let sandbox = home.sandbox().expect("a demo tenant's id has one");
        let (live, trial) = (rows(site, home).await, rows(site, sandbox).await);
        assert!(trial.values().all(|count| *count == 0), "{trial:?}");
        everything(&server.test_client(slug)).await;
        assert_eq!(rows(site, home).await, live, "the live tables of {slug}");
        let trial = rows(site, sandbox).await;
        for table in [
            "customers",
            "payments",
            "attempts",
            "captures",
            "refunds",
            "holds",
            "ledger_accounts",
            "journal_entries",
            "postings",
            "idempotency_records",
        ] {
            assert!(trial[table] > 0, "{table} of {slug} is made by a trial: {trial:?}");
        }
        // And the reverse.
        everything(&server.client(slug)).await;
        assert_eq!(rows(site, sandbox).await, trial, "the trial's tables of {slug}");
        assert!(rows(site, home).await["postings"] > live["postings"]);
        // One of the two has counted: one transaction.
        let usage = crate::journey::usage::of(&server.client(slug), "transactions", 1).await;
        let same = server.test_client(slug).get("/v1/usage").await.ok(200);
        assert_eq!(same["usage"][2], usage["usage"][2], "both modes are told the same");
    }
}

async fn neither_mode_reaches_the_other(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let (live, trial) = (server.client(slug), server.test_client(slug));
        let order = json!({ "reference": "the same" });
        let in_live = made(&live, "the-same", &order).await;
        // The same key and the same reference are free: P8 and P42 by mode.
        let in_trial = made(&trial, "the-same", &order).await;
        assert_ne!(in_live, in_trial);
        assert_eq!(live.get(&in_live).await.ok(200)["mode"], "live");
        assert_eq!(trial.get(&in_trial).await.ok(200)["mode"], "test");
        let twice = json!({ "amount": 1, "currency": "USD", "reference": "the same" });
        trial.pay("twice", &twice).await.refused(409, "reference_taken");
        for (caller, foreign) in [(&trial, &in_live), (&live, &in_trial)] {
            is_nobodys(caller, foreign).await;
        }
        assert_eq!(ids(&trial).await, [in_trial.rsplit('/').next().expect("an id")]);
        assert!(!ids(&live).await.contains(&in_trial.rsplit('/').next().expect("an id").into()));
        let fees = trial.get("/v1/ledger/accounts").await.ok(200);
        assert_eq!(fees["data"], json!([]), "a trial begins with nothing");
        // The own tenant may be named in a trial too, and another one may not.
        let own = json!({ "amount": 1, "currency": "USD", "tenant_id": server.tenant(slug).id() });
        trial.pay("own", &own).await.ok(201);
        let sandbox = server.tenant(slug).id().sandbox().expect("it has one");
        let odd = json!({ "amount": 1, "currency": "USD", "tenant_id": sandbox });
        trial.pay("odd", &odd).await.refused(403, "tenant_mismatch");
        let named = trial.request(http::Method::GET, "/v1/payments");
        let named = named.header("x-tenant-id", sandbox.to_string());
        trial.send(named).await.refused(403, "tenant_mismatch");
    }
    let (theirs, ours) = (server.test_client("kita"), server.test_client("riverside"));
    let path = made(&theirs, "theirs", &json!({})).await;
    is_nobodys(&ours, &path).await;
}

async fn is_nobodys(caller: &Client, path: &str) {
    let random = "/v1/payments/pay_01k8p0g2v7e9h9qk3x5t7w1zra";
    let (there, nobodys) = (caller.get(path).await, caller.get(random).await);
    nobodys.refused(404, "resource_missing");
    assert_eq!(there.alike(), nobodys.alike());
    let there = super::confirm(caller, path, path, "pm_card").await;
    let nobodys = super::confirm(caller, random, random, "pm_card").await;
    nobodys.refused(404, "resource_missing");
    assert_eq!(there.alike(), nobodys.alike());
}

async fn ids(bank: &Client) -> Vec<String> {
    let page = bank.get("/v1/payments?limit=100").await.ok(200);
    let data = page["data"].as_array().expect("a list");
    data.iter().map(|payment| payment["id"].as_str().expect("an id").to_owned()).collect()
}

async fn who_has_no_key_says_the_mode(site: &Site) {
    let server = site.serve(&["--jwt-secret", token::SECRET]).await;
    for slug in ["riverside", "nordhafen"] {
        let trial = server.test_client(slug);
        let path = made(&trial, "one", &json!({})).await;
        let by_token = server.client(slug).with_credential(&token::of(slug));
        by_token.get(&path).await.refused(404, "resource_missing");
        let ask = |client: &Client, mode: &str| {
            client.request(http::Method::GET, &path).header("payments-mode", mode)
        };
        let found: Value = by_token.send(ask(&by_token, "test")).await.ok(200);
        assert_eq!(found, trial.get(&path).await.ok(200));
        by_token.send(ask(&by_token, "live")).await.refused(404, "resource_missing");
        by_token
            .send(ask(&by_token, "both"))
            .await
            .refused_field("parameter_invalid", "payments-mode");
        trial.send(ask(&trial, "live")).await.refused(403, "mode_mismatch");
        let live = server.client(slug);
        live.send(ask(&live, "test")).await.refused(403, "mode_mismatch");
    }
}
