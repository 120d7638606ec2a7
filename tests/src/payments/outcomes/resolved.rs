//! A person settles what a provider does not tell: PJ3 step 8, and the ledger of each decision.

use serde_json::{Value, json};

use super::{attempt, resolve, serve};
use crate::harness::{Answer, Client, Site, eventually, on_both_stacks};
use crate::http::token;
use crate::payments::inbound::{SECRET, Source, event, inbound_is};
use crate::payments::{balance, capture, confirm, is_refunded, ledger_adds_up, made, refund};

on_both_stacks!(
    nothing_was_taken,
    it_was_taken_or_reserved_after_all,
    another_amount_was_taken,
    what_was_not_looked_at_is_not_settled,
    only_who_may_settles_it,
    of_many_at_once_one_settles_it,
);

const REFERENCE: &str = "sim_found_by_hand";

/// Makes a payment whose provider does not answer.
async fn unknown(bank: &Client, key: &str, more: &Value) -> String {
    let path = made(bank, key, more).await;
    assert_eq!(confirm(bank, &path, key, "pm_lost").await.ok(202)["state"], "unknown");
    path
}

/// Makes a payment of 100.00 of which its provider takes 99.99.
async fn conflicted(bank: &Client, key: &str, more: &Value) -> String {
    let path = made(bank, key, more).await;
    let short = confirm(bank, &path, key, "pm_short").await.ok(200);
    assert_eq!(short["state"], "conflicted");
    assert!(short["needs_decision_since"].is_string(), "{short}");
    path
}

/// What waits for people.
async fn undecided(bank: &Client) -> Value {
    bank.get("/v1/payments/undecided").await.ok(200)["data"].clone()
}

async fn nothing_was_taken(site: &Site) {
    let server = serve(site, &[]).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let operator = token::in_role(&bank, slug, "operator").await;
        let source = Source::make(&bank, slug, "standard_webhooks", SECRET).await;
        let entries = site.rows("journal_entries").await;
        let lost = unknown(&bank, "lost", &json!({})).await;
        let short = conflicted(&bank, "short", &json!({})).await;
        for path in [&lost, &short] {
            let open = attempt(&bank, path).await;
            let settled = resolve(&operator, &open, "failed", &json!({})).await.ok(200);
            assert_eq!(
                (&settled["state"], &settled["resolved_by"], &settled["evidence"]),
                (&"declined".into(), &"user:mara".into(), &"line 17".into())
            );
            let payment = bank.get(path).await.ok(200);
            assert_eq!(
                (&payment["state"], &payment["failure_code"], &payment["needs_decision_since"]),
                (&"failed".into(), &"not_done".into(), &Value::Null)
            );
        }
        assert_eq!(site.rows("journal_entries").await, entries, "nothing is posted");

        // If its provider says the opposite after that, somebody has to look again.
        let id = attempt(&bank, &lost).await["id"].as_str().expect("an id").to_owned();
        source.say(&server, &event("evt_1", &id, "succeeded", 10_000)).await.ok(200);
        assert_eq!(inbound_is(&bank, "dead").await["last_error"], "contradicts");
        // Somebody else may be asked for the money now.
        assert_eq!(confirm(&bank, &lost, "again", "pm_card").await.ok(200)["state"], "succeeded");
        assert_eq!(site.rows("journal_entries").await, entries + 1);
        ledger_adds_up(&bank).await;
    }
}

async fn it_was_taken_or_reserved_after_all(site: &Site) {
    let server = serve(site, &[]).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let operator = token::in_role(&bank, slug, "operator").await;
        let found = json!({ "provider_reference": REFERENCE });
        let pending = balance(&bank, "merchant_pending").await.0;
        let taken = unknown(&bank, "taken", &json!({})).await;
        let open = attempt(&bank, &taken).await;
        // Without the provider's name for it nothing could be captured or given back later.
        resolve(&operator, &open, "succeeded", &json!({}))
            .await
            .refused_field("field_invalid", "provider_reference");
        let settled = resolve(&operator, &open, "succeeded", &found).await.ok(200);
        assert_eq!(
            (&settled["state"], &settled["provider_reference"]),
            (&"authorized".into(), &REFERENCE.into())
        );
        let payment = bank.get(&taken).await.ok(200);
        assert_eq!(
            (&payment["state"], &payment["amount_captured"]),
            (&"succeeded".into(), &10_000.into())
        );
        assert_eq!(balance(&bank, "merchant_pending").await.0, pending + 9_680);
        let promised = refund(&bank, &taken, "back", 1_000).await.ok(201);
        is_refunded(&bank, &promised).await;

        let reserved = unknown(&bank, "reserved", &json!({ "capture_mode": "manual" })).await;
        let open = attempt(&bank, &reserved).await;
        // Of a provider no two attempts share a reference.
        assert_eq!(resolve(&operator, &open, "succeeded", &found).await.status, 409);
        assert_eq!(bank.get(&reserved).await.ok(200)["state"], "unknown");
        let entries = site.rows("journal_entries").await;
        let other = json!({ "provider_reference": "sim_another" });
        resolve(&operator, &open, "succeeded", &other).await.ok(200);
        assert_eq!(bank.get(&reserved).await.ok(200)["state"], "authorized");
        assert_eq!(site.rows("journal_entries").await, entries, "reserved is not taken");
        let part = capture(&bank, &reserved, "part", 4_000).await.ok(200);
        assert_eq!(part["state"], "partially_captured");
        assert_eq!(site.rows("journal_entries").await, entries + 1);
        ledger_adds_up(&bank).await;
    }
}

async fn another_amount_was_taken(site: &Site) {
    let server = serve(site, &[]).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let operator = token::in_role(&bank, slug, "operator").await;
        let receivable = balance(&bank, "psp_receivable").await.0;
        let other = server.client(if slug == "kita" { "riverside" } else { "kita" });
        assert_eq!(undecided(&bank).await, json!([]));
        let path = conflicted(&bank, "short", &json!({})).await;
        assert_eq!(undecided(&bank).await[0]["id"], path.rsplit('/').next().expect("an id"));
        assert_eq!(undecided(&other).await, json!([]));
        let open = attempt(&bank, &path).await;
        assert_eq!(
            (&open["reported_amount"], &open["reported_currency"]),
            (&9_999.into(), &"USD".into())
        );
        for (more, param) in [
            (json!({}), "amount"),
            (json!({ "amount": 10_001 }), "amount"),
            (json!({ "amount": 9_999, "provider_reference": "another" }), "provider_reference"),
        ] {
            let refused = resolve(&operator, &open, "succeeded", &more).await;
            refused.refused_field("field_invalid", param);
        }
        let refused = resolve(&operator, &open, "failed", &json!({ "amount": 1 })).await;
        refused.refused_field("field_invalid", "amount");
        assert_eq!(balance(&bank, "psp_receivable").await.0, receivable, "nothing is posted");
        resolve(&operator, &open, "succeeded", &json!({ "amount": 9_999 })).await.ok(200);
        assert_eq!(undecided(&bank).await, json!([]));
        let payment = bank.get(&path).await.ok(200);
        assert_eq!(
            (&payment["state"], &payment["amount_captured"], &payment["needs_decision_since"]),
            (&"succeeded".into(), &9_999.into(), &Value::Null)
        );
        assert_eq!(balance(&bank, "psp_receivable").await.0, receivable + 9_999);
        let more = refund(&bank, &path, "too-much", 10_000).await;
        more.refused_field("refund_exceeds_captured", "amount");
        let promised = refund(&bank, &path, "back", 9_999).await.ok(201);
        is_refunded(&bank, &promised).await;

        let path = conflicted(&bank, "reserved", &json!({ "capture_mode": "manual" })).await;
        let open = attempt(&bank, &path).await;
        resolve(&operator, &open, "succeeded", &json!({ "amount": 9_999 })).await.ok(200);
        capture(&bank, &path, "much", 10_000)
            .await
            .refused_field("capture_exceeds_authorized", "amount");
        assert_eq!(capture(&bank, &path, "all", 9_999).await.ok(200)["state"], "succeeded");
        ledger_adds_up(&bank).await;
    }
}

async fn what_was_not_looked_at_is_not_settled(site: &Site) {
    let server = serve(site, &[]).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let operator = token::in_role(&bank, slug, "operator").await;
        let source = Source::make(&bank, slug, "standard_webhooks", SECRET).await;
        let path = unknown(&bank, "k", &json!({})).await;
        let seen = attempt(&bank, &path).await;
        let mut stale = seen.clone();
        stale["state"] = json!("conflicted");
        resolve(&operator, &stale, "failed", &json!({})).await.refused(409, "attempt_changed");
        for (name, value) in [
            ("evidence", json!("")),
            ("evidence", json!(" ")),
            ("evidence", Value::Null),
            ("outcome", json!("authorized")),
            ("amount", json!(0)),
            ("amount", json!(-1)),
            ("state", json!("paid")),
            ("version", json!(1)),
            ("tenant_id", json!(if slug == "kita" { "riverside" } else { "kita" })),
        ] {
            let answer = resolve(&operator, &seen, "failed", &json!({ name: value })).await;
            assert!([400, 403, 422].contains(&answer.status), "{name} {value}: {answer:?}");
        }
        assert_eq!(attempt(&bank, &path).await["state"], "unknown");

        // Its provider is faster.
        let id = seen["id"].as_str().expect("an id");
        source.say(&server, &event("evt_1", id, "succeeded", 10_000)).await.ok(200);
        eventually("it is told", async || bank.get(&path).await.ok(200)["state"] == "succeeded")
            .await;
        let now = attempt(&bank, &path).await;
        for looked_at in [&seen, &now] {
            let late = resolve(&operator, looked_at, "failed", &json!({})).await;
            late.refused(409, "attempt_settled");
        }
        assert_eq!(attempt(&bank, &path).await, now);
    }
}

async fn only_who_may_settles_it(site: &Site) {
    let server = serve(site, &[]).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let of_kita = token::in_role(&kita, "kita", "owner").await;
    let path = unknown(&riverside, "k", &json!({})).await;
    let open = attempt(&riverside, &path).await;
    for role in ["analyst", "developer", "auditor", "finance_approver"] {
        let weak = token::in_role(&riverside, "riverside", role).await;
        let answer = resolve(&weak, &open, "failed", &json!({})).await;
        answer.refused(403, "permission_denied");
    }
    // A program decides nothing: no key has this right.
    let owner = token::in_role(&riverside, "riverside", "owner").await;
    let key = json!({ "name": "till 7", "mode": "test", "scopes": ["payments:resolve"] });
    owner.post("/v1/api-keys", &key).await.refused_field("field_invalid", "scopes");

    // Of another bank it is not there.
    let mut nobodys = open.clone();
    nobodys["id"] = json!("att_01k8p0g2v7e9h9qk3x5t7w1zra");
    let theirs = resolve(&of_kita, &open, "failed", &json!({})).await;
    let random = resolve(&of_kita, &nobodys, "failed", &json!({})).await;
    theirs.refused(404, "resource_missing");
    assert_eq!(theirs.alike(), random.alike());
    let id = open["id"].as_str().expect("an id");
    let theirs = of_kita.get(&format!("/v1/attempts/{id}")).await;
    let random = of_kita.get("/v1/attempts/att_01k8p0g2v7e9h9qk3x5t7w1zra").await;
    theirs.refused(404, "resource_missing");
    assert_eq!(theirs.alike(), random.alike());
    assert_eq!(riverside.get(&format!("/v1/attempts/{id}")).await.ok(200)["id"], open["id"]);

    for role in ["operator", "admin", "owner"] {
        let path = unknown(&riverside, role, &json!({})).await;
        let open = attempt(&riverside, &path).await;
        let person = token::in_role(&riverside, "riverside", role).await;
        resolve(&person, &open, "failed", &json!({})).await.ok(200);
    }
    let operator = token::in_role(&riverside, "riverside", "operator").await;
    resolve(&operator, &open, "failed", &json!({})).await.ok(200);
    let auditor = token::in_role(&riverside, "riverside", "auditor").await;
    let told = format!("/v1/audit?action=attempts.resolve&resource=attempts:{id}&limit=100");
    let mut entry = Value::Null;
    eventually("the auditor reads it", async || {
        let entries = auditor.get(&told).await.ok(200);
        let all = entries["data"].as_array().expect("a list").clone();
        entry = all.into_iter().find(|it| it["outcome"] == "succeeded").unwrap_or_default();
        entry.is_object()
    })
    .await;
    assert_eq!(entry["actor"], json!({ "kind": "user", "id": "mara" }));
    let changes = [
        json!({ "field": "state", "before": "unknown", "after": "declined" }),
        json!({ "field": "evidence", "before": null, "after": "line 17" }),
    ];
    assert_eq!(entry["changes"], json!(changes));
}

async fn of_many_at_once_one_settles_it(site: &Site) {
    let server = serve(site, &[]).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let operator = token::in_role(&bank, slug, "operator").await;
        let path = unknown(&bank, "k", &json!({})).await;
        let open = attempt(&bank, &path).await;
        let entries = site.rows("journal_entries").await;
        let all = (0..16).map(|at| {
            let (operator, open) = (operator.clone(), open.clone());
            tokio::spawn(async move {
                let outcome = if at % 2 == 0 { "succeeded" } else { "failed" };
                let more = match outcome {
                    "succeeded" => json!({ "provider_reference": REFERENCE }),
                    _ => json!({}),
                };
                (outcome, resolve(&operator, &open, outcome, &more).await)
            })
        });
        let mut won: Vec<(&str, Answer)> = Vec::new();
        for one in all.collect::<Vec<_>>() {
            let (outcome, answer) = one.await.expect("it does not panic");
            match answer.status {
                200 => won.push((outcome, answer)),
                _ => drop(answer.refused(409, "attempt_settled")),
            }
        }
        assert_eq!(won.len(), 1, "{won:?}");
        let posted = i64::from(won[0].0 == "succeeded");
        assert_eq!(site.rows("journal_entries").await, entries + posted);
        assert_eq!(bank.get(&path).await.ok(200)["state"], won[0].0);
    }
}
