//! Who did what: each change and each look at a customer's data is in the tenant's log, and nobody
//! changes it unseen.

use http::Method;
use serde_json::{Value, json};

use super::{UNLIMITED, confirm, made, post};
use crate::harness::{Client, Server, Site, eventually, on_both_stacks};
use crate::http::token::{self, SECRET};

on_both_stacks!(
    each_change_and_each_look_is_told,
    a_crossing_stands_in_the_log_of_whoever_tried,
    a_forged_entry_is_found,
);

async fn serve(site: &Site) -> Server {
    site.serve(&[UNLIMITED[0], UNLIMITED[1], "--jwt-secret", SECRET]).await
}

async fn each_change_and_each_look_is_told(site: &Site) {
    let server = serve(site).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let auditor = token::in_role(&riverside, "riverside", "auditor").await;
    let of_kita = token::in_role(&kita, "kita", "auditor").await;

    let customer = riverside.post("/v1/customers", &json!({ "name": "Ada Brooks" })).await.ok(201);
    let customer = customer["id"].as_str().expect("an id");
    let path = made(&riverside, "k", &json!({ "customer": customer })).await;
    let id = path.rsplit('/').next().expect("an id");
    confirm(&riverside, &path, "k", "pm_card").await.ok(200);
    let operator = token::in_role(&riverside, "riverside", "operator").await;
    operator.get(&path).await.ok(200);
    let analyst = token::in_role(&riverside, "riverside", "analyst").await;
    let body = json!({ "payment": id, "amount": 1 });
    post(&analyst, "/v1/refunds", "no", &body).await.refused(403, "permission_denied");

    let looked = found(&auditor, "action=data.read&by_others=true").await;
    assert_eq!(looked["resource"], json!({ "kind": "payments", "id": id }));
    assert_eq!(looked["owner"], json!({ "kind": "user", "id": customer }));
    assert_eq!(looked["actor"], json!({ "kind": "user", "id": "mara" }));
    let confirmed = found(&auditor, "action=payments.confirm").await;
    assert_eq!(confirmed["resource"], json!({ "kind": "payments", "id": id }));
    assert_eq!(confirmed["outcome"], "succeeded");
    assert_eq!(confirmed["actor"]["kind"], "api_key");
    let denied = found(&auditor, "action=refunds.create").await;
    assert_eq!(
        (&denied["outcome"], &denied["details"]["status"]),
        (&"denied".into(), &"403".into())
    );

    // Whoever may not see the log does not, and another tenant's auditor sees his own.
    for nosy in [&operator, &analyst] {
        nosy.get("/v1/audit").await.refused(403, "permission_denied");
    }
    let theirs = of_kita.get("/v1/audit?limit=100").await;
    assert!(!theirs.text().contains(id) && !theirs.text().contains(customer), "{theirs:?}");
    let number = confirmed["sequence"].as_u64().expect("a number");
    assert_eq!(auditor.get(&format!("/v1/audit/{number}")).await.ok(200), confirmed);
    of_kita.get("/v1/audit/100000").await.refused(404, "resource_missing");
    auditor.get("/v1/audit/0").await.refused(404, "resource_missing");
    auditor.get("/v1/audit?tenant=kita").await.refused_field("parameter_invalid", "tenant");
    nothing_is_kept_that_opens_a_door(&auditor, &server).await;
}

/// No key and no token is in a log that is read by many and kept for long.
async fn nothing_is_kept_that_opens_a_door(auditor: &Client, server: &Server) {
    let evidence = auditor.get("/v1/audit/export").await;
    assert_eq!(evidence.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> =
        evidence.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let whole = auditor.get("/v1/audit/verify").await.ok(200);
    assert_eq!(whole["whole"], true, "{whole}");
    for (before, entry) in lines.iter().zip(&lines[1..]) {
        assert_eq!(entry["previous"], before["hash"]);
        let next = before["sequence"].as_u64().map(|number| number + 1);
        assert_eq!(entry["sequence"].as_u64(), next);
    }
    for secret in [&server.tenant("riverside").key, &"eyJ".to_owned()] {
        assert!(!evidence.text().contains(secret.as_str()));
    }
}

async fn a_crossing_stands_in_the_log_of_whoever_tried(site: &Site) {
    let server = serve(site).await;
    let (nordhafen, riverside) = (server.client("nordhafen"), server.client("riverside"));
    let request = nordhafen.request(Method::GET, "/v1/payments");
    let crossing = nordhafen.send(request.header("x-tenant-id", "riverside")).await;
    crossing.refused(403, "tenant_mismatch");

    let of_nordhafen = token::in_role(&nordhafen, "nordhafen", "auditor").await;
    let told = found(&of_nordhafen, "action=tenant.crossing_blocked").await;
    assert_eq!(told["actor"]["kind"], "api_key");
    assert!(!told.to_string().contains("riverside"), "{told}");
    let of_riverside = token::in_role(&riverside, "riverside", "auditor").await;
    let theirs = of_riverside.get("/v1/audit?action=tenant.crossing_blocked").await.ok(200);
    assert_eq!(theirs["data"], json!([]));
}

async fn a_forged_entry_is_found(site: &Site) {
    let server = serve(site).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let auditor = token::in_role(&riverside, "riverside", "auditor").await;
    let of_kita = token::in_role(&kita, "kita", "auditor").await;
    for bank in [&riverside, &kita] {
        for at in 0..3 {
            made(bank, &format!("k{at}"), &json!({})).await;
        }
    }
    for auditor in [&auditor, &of_kita] {
        eventually("three entries are there", async || {
            let whole = auditor.get("/v1/audit/verify").await.ok(200);
            assert_eq!((&whole["whole"], &whole["broken"]), (&true.into(), &Value::Null));
            whole["entries"].as_u64() >= Some(3)
        })
        .await;
    }

    // Whoever owns the database takes the guards away first.
    let (unguard, id) = if site.is_embedded() {
        ("DROP TRIGGER tenancy_audit_events_no_update", "X'01900000000070008000000000000001'")
    } else {
        (
            "ALTER TABLE tenancy_audit_events DISABLE TRIGGER ALL",
            "'01900000-0000-7000-8000-000000000001'",
        )
    };
    let forge = format!(
        "UPDATE tenancy_audit_events SET outcome = 'failed' WHERE sequence = 2 AND tenant_id = {id}"
    );
    site.try_run_in_audit_log(&forge).await.expect_err("entries are never changed");
    site.try_run_in_audit_log(unguard).await.expect("it is the owner");
    site.try_run_in_audit_log(&forge).await.expect("no guard is left");
    let broken = auditor.get("/v1/audit/verify").await.ok(200);
    assert_eq!((&broken["whole"], &broken["broken"]["sequence"]), (&false.into(), &2.into()));
    assert_eq!(of_kita.get("/v1/audit/verify").await.ok(200)["whole"], true);
}

/// Waits for the newest entry that a query finds.
async fn found(auditor: &Client, query: &str) -> Value {
    let path = format!("/v1/audit?{query}");
    eventually(query, async || auditor.get(&path).await.ok(200)["data"][0].is_object()).await;
    auditor.get(&path).await.ok(200)["data"][0].clone()
}
