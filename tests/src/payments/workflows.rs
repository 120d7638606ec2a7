//! PJ5: payments that people have to agree to.

use std::time::Duration;

use serde_json::{Value, json};

use super::{UNLIMITED, confirm, post};
use crate::harness::{Answer, Client, Server, Site, eventually, on_both_stacks};
use crate::http::token;

on_both_stacks!(
    two_of_three_agree_and_a_newer_version_does_not_matter,
    nobody_decides_twice_or_about_what_is_its_own,
    who_does_not_agree_in_time_has_not_agreed,
    a_simulation_counts_what_would_have_waited,
    workflows_are_of_a_plan_a_role_and_a_tenant,
);

const SIGNED: [&str; 4] = ["--requests-per-minute", "100000", "--jwt-secret", token::SECRET];

/// Somebody of a tenant.
fn person(server: &Server, slug: &str, name: &str) -> Client {
    server.client(slug).with_credential(&token::of_person(slug, name))
}

fn large(approvals: u8) -> Value {
    json!({
        "amount_above": 1_000_000, "currency": "JPY", "approvals": approvals,
        "approvers": ["user:aiko", "user:ben", "user:chie"], "expires_after_minutes": 60,
    })
}

/// Publishes rules. Returns the workflow's path.
async fn published(bank: &Client, rules: &Value) -> String {
    let new = json!({ "name": "large payments", "rules": rules });
    let made = bank.post("/v1/workflows", &new).await.ok(201);
    let path = format!("/v1/workflows/{}", made["id"].as_str().expect("an id"));
    assert_eq!(made["published"], false);
    bank.post(&format!("{path}/publish"), &json!({})).await.ok(200);
    path
}

async fn pay(bank: &Client, key: &str, amount: i64) -> Value {
    bank.pay(key, &json!({ "amount": amount, "currency": "JPY" })).await.ok(201)
}

/// The path of the newest approval.
async fn approval(bank: &Client) -> String {
    let list = bank.get("/v1/approvals?limit=1").await.ok(200);
    format!("/v1/approvals/{}", list["data"][0]["id"].as_str().expect("an id"))
}

async fn say(person: &Client, approval: &str, verdict: &str) -> Answer {
    person.post(&format!("{approval}/{verdict}"), &json!({})).await
}

fn path(payment: &Value) -> String {
    format!("/v1/payments/{}", payment["id"].as_str().expect("an id"))
}

async fn two_of_three_agree_and_a_newer_version_does_not_matter(site: &Site) {
    let server = site.serve(&SIGNED).await;
    let maker = server.client("kita");
    let (aiko, ben) = (person(&server, "kita", "aiko"), person(&server, "kita", "ben"));
    let workflow = published(&maker, &large(2)).await;
    assert_eq!(pay(&maker, "small", 1_000_000).await["state"], "requires_confirmation");
    let payment = pay(&maker, "large", 1_200_000).await;
    assert_eq!(payment["state"], "requires_approval");
    let waits = approval(&maker).await;
    confirm(&maker, &path(&payment), "early", "pm_card").await.refused(409, "payment_state");
    let at_once = json!({
        "amount": 1_200_000, "currency": "JPY", "confirm": true, "payment_method": "pm_card",
    });
    maker.pay("at-once", &at_once).await.refused_field("approval_required", "confirm");

    // PJ5.3: what runs stays with its version.
    let stricter = maker.request(http::Method::PUT, &workflow).json(&json!({ "rules": large(3) }));
    assert_eq!(maker.send(stricter).await.ok(200)["newest_version"], 2);
    maker.post(&format!("{workflow}/publish"), &json!({})).await.ok(200);
    let versions = maker.get(&format!("{workflow}/versions")).await.ok(200);
    assert_eq!(versions["data"].as_array().map(Vec::len), Some(2));
    let one = say(&aiko, &waits, "approve").await.ok(200);
    assert_eq!((&one["state"], &one["approved"]), (&"waiting".into(), &1.into()));
    assert_eq!(say(&ben, &waits, "approve").await.ok(200)["state"], "approved");
    let paid = confirm(&maker, &path(&payment), "now", "pm_card").await.ok(200);
    assert_eq!(paid["state"], "succeeded");

    let strict = pay(&maker, "strict", 1_200_000).await;
    let waits = approval(&maker).await;
    say(&aiko, &waits, "approve").await.ok(200);
    assert_eq!(say(&ben, &waits, "approve").await.ok(200)["state"], "waiting");
    assert_eq!(
        say(&person(&server, "kita", "chie"), &waits, "reject").await.ok(200)["state"],
        "rejected"
    );
    assert_eq!(maker.get(&path(&strict)).await.ok(200)["state"], "rejected");
    // Another bank's payments wait for nobody.
    let order = json!({ "amount": 1_200_000, "currency": "JPY" });
    let other = server.client("nordhafen").pay("large", &order).await.ok(201);
    assert_eq!(other["state"], "requires_confirmation");

    for broken in [
        "UPDATE workflow_versions SET rules = '{}' WHERE published_at IS NOT NULL",
        "DELETE FROM workflow_versions WHERE published_at IS NOT NULL",
        "UPDATE approval_decisions SET verdict = 'approve'",
        "DELETE FROM approval_decisions",
        "UPDATE workflow_runs SET state = 'approved' WHERE state = 'rejected'",
        "INSERT INTO approval_decisions SELECT tenant_id, run_id, run_id, maker, maker, verdict, \
         decided_at FROM approval_decisions",
        "INSERT INTO approval_decisions SELECT tenant_id, run_id, run_id, maker, approver, \
         verdict, decided_at FROM approval_decisions",
    ] {
        assert!(site.try_run(broken).await.is_err(), "{broken}");
    }
}

async fn nobody_decides_twice_or_about_what_is_its_own(site: &Site) {
    let server = site.serve(&SIGNED).await;
    let (aiko, ben) = (person(&server, "kita", "aiko"), person(&server, "kita", "ben"));
    published(&aiko, &large(2)).await;
    let payment = pay(&aiko, "own", 2_000_000).await;
    let waits = approval(&aiko).await;
    say(&aiko, &waits, "approve").await.refused(403, "maker_is_approver");
    say(&aiko, &waits, "reject").await.refused(403, "maker_is_approver");
    say(&person(&server, "kita", "dai"), &waits, "approve").await.refused(403, "not_an_approver");
    say(&ben, &waits, "approve").await.ok(200);
    say(&ben, &waits, "approve").await.refused(409, "already_decided");
    say(&ben, &waits, "reject").await.refused(409, "already_decided");
    let read = aiko.get(&waits).await.ok(200);
    assert_eq!((&read["approved"], &read["required"]), (&1.into(), &2.into()));
    // Another tenant's person of the same name.
    let (theirs, nobodys) = (
        say(&person(&server, "alnoor", "chie"), &waits, "approve").await,
        say(
            &person(&server, "alnoor", "chie"),
            "/v1/approvals/apr_01k8p0g2v7e9h9qk3x5t7w1zra",
            "approve",
        )
        .await,
    );
    nobodys.refused(404, "resource_missing");
    assert_eq!(theirs.alike(), nobodys.alike());
    // Canceled meanwhile, nobody has to agree any more.
    aiko.post(&format!("{}/cancel", path(&payment)), &json!({})).await.ok(200);
    say(&person(&server, "kita", "chie"), &waits, "approve").await.refused(409, "payment_state");

    // Many at once, one of each counts.
    let shared = pay(&aiko, "shared", 2_000_000).await;
    let waits = approval(&aiko).await;
    let mut running = tokio::task::JoinSet::new();
    for at in 0..12 {
        let (name, waits) = (["ben", "chie"][at % 2], waits.clone());
        let person = person(&server, "kita", name);
        running.spawn(async move { say(&person, &waits, "approve").await.status });
    }
    let statuses = running.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 2, "{statuses:?}");
    assert_eq!(aiko.get(&path(&shared)).await.ok(200)["state"], "requires_confirmation");
}

async fn who_does_not_agree_in_time_has_not_agreed(site: &Site) {
    let options = [&SIGNED[..], &["--demo-clock"]].concat();
    let server = site.serve(&options).await;
    let maker = server.client("kita");
    published(&maker, &large(2)).await;
    let payment = pay(&maker, "late", 3_000_000).await;
    let waits = approval(&maker).await;
    say(&person(&server, "kita", "ben"), &waits, "approve").await.ok(200);
    server.advance(Duration::from_mins(61)).await;
    // At once, whether anybody has noticed or not.
    let chie =
        server.client("kita").with_credential(&token::of_person_until("kita", "chie", 7_200));
    let late = say(&chie, &waits, "approve").await;
    assert_eq!(late.status, 409, "{late:?}");
    eventually("it is rejected", async || {
        maker.get(&path(&payment)).await.ok(200)["state"] == "rejected"
    })
    .await;
    assert_eq!(maker.get(&waits).await.ok(200)["state"], "expired");
    let events = maker.get("/v1/events?limit=100").await.ok(200);
    let kinds: Vec<_> =
        events["data"].as_array().expect("a list").iter().map(|event| &event["type"]).collect();
    for kind in ["payment.rejected", "approval.expired", "approval.requested"] {
        assert!(kinds.contains(&&Value::from(kind)), "{kind}: {kinds:?}");
    }
    assert!(server.client("alnoor").get("/v1/approvals").await.ok(200)["data"] == json!([]));
}

async fn a_simulation_counts_what_would_have_waited(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let (kita, other) = (server.client("kita"), server.client("nordhafen"));
    for (key, amount) in [("a", 999), ("b", 5_000_000), ("c", 6_000_000), ("d", 5_000_001)] {
        pay(&kita, key, amount).await;
        other.pay(key, &json!({ "amount": amount, "currency": "JPY" })).await.ok(201);
    }
    let rules = json!({
        "amount_above": 5_000_000, "currency": "JPY", "approvals": 1, "expires_after_minutes": 5,
    });
    let new = json!({ "name": "very large", "rules": rules });
    let made = kita.post("/v1/workflows", &new).await.ok(201);
    let path = format!("/v1/workflows/{}", made["id"].as_str().expect("an id"));
    let simulated = kita.get(&format!("{path}/simulate?days=30")).await.ok(200);
    let id = server.tenant("kita").id().uuid().as_simple().to_string();
    let id = if site.is_embedded() { format!("x'{id}'") } else { format!("'{id}'") };
    let counted = format!(
        "SELECT count(*) FROM payments WHERE tenant_id = {id} AND currency = 'JPY' \
         AND amount > 5000000"
    );
    assert_eq!(simulated["affected"], site.try_count(counted).await.expect("it counts"));
    assert_eq!(simulated["affected"], 2);
    kita.get(&format!("{path}/simulate?days=0")).await.refused_field("parameter_invalid", "days");
    other.get(&format!("{path}/simulate")).await.refused(404, "resource_missing");
}

async fn workflows_are_of_a_plan_a_role_and_a_tenant(site: &Site) {
    let server = site.serve(&SIGNED).await;
    let kita = server.client("kita");
    let new = json!({ "name": "large payments", "rules": large(2) });
    for slug in ["riverside", "nordhafen"] {
        let refused = server.client(slug).post("/v1/workflows", &new).await;
        refused.refused(403, "feature_not_in_plan");
    }
    let path = published(&kita, &large(2)).await;
    let operator =
        kita.with_credential(&token::scoped("kita", &["payments:create", "approvals:view"]));
    operator.post(&format!("{path}/publish"), &json!({})).await.refused(403, "permission_denied");
    operator.post("/v1/workflows", &new).await.refused(403, "permission_denied");
    assert_eq!(pay(&operator, "scoped", 5_000_000).await["state"], "requires_approval");
    let waits = approval(&operator).await;
    say(&operator, &waits, "approve").await.refused(403, "permission_denied");
    let alnoor = server.client("alnoor");
    alnoor.get(&path).await.refused(404, "resource_missing");
    for (rules, param) in [
        (json!({ "approvals": 0, "expires_after_minutes": 5 }), "approvals"),
        (json!({ "approvals": 1, "expires_after_minutes": 0 }), "expires_after_minutes"),
        (json!({ "approvals": 1, "expires_after_minutes": 5, "amount_above": 1 }), "currency"),
    ] {
        let bad = json!({ "name": "bad", "rules": rules });
        kita.post("/v1/workflows", &bad).await.refused_field("field_invalid", param);
    }
    kita.post(&format!("{path}/retire"), &json!({})).await.ok(200);
    assert_eq!(pay(&kita, "retired", 5_000_000).await["state"], "requires_confirmation");
    // What waits goes on waiting; a trial's workflows are its own.
    assert_eq!(kita.get(&waits).await.ok(200)["state"], "waiting");
    let trial = server.test_client("kita");
    trial.get(&path).await.refused(404, "resource_missing");
    let order = json!({ "amount": 9_000_000, "currency": "JPY" });
    let quiet = post(&trial, "/v1/payments", "t", &order).await.ok(201);
    assert_eq!(quiet["state"], "requires_confirmation");
}
