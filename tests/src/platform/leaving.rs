//! PJ10.5 and PJ9.8: a bank leaves, and its name rests.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::json;
use tenancy_core::TenantId;

use super::{Desk, OWNERS, id, is_refused, new_tenant, opened, serve, soon};
use crate::harness::{Site, eventually, on_both_stacks};
use crate::people::Browser;

on_both_stacks!(a_bank_leaves_and_its_records_of_money_stay, a_closing_can_be_taken_back);

/// What stays of a bank that has left: money, and who decided about it.
const STAYS: [&str; 13] = [
    "approval_decisions",
    "attempts",
    "captures",
    "disputes",
    "holds",
    "journal_entries",
    "ledger_accounts",
    "ledger_corrections",
    "payments",
    "postings",
    "refunds",
    "workflow_definitions",
    "workflow_versions",
];

const DAY: Duration = Duration::from_hours(24);

/// Gives a bank a customer who pays, a key, a webhook and a domain.
async fn at_work(owner: &Browser) {
    let customer = json!({ "name": "Ada Brooks", "email": "ada@brooks.example" });
    let customer = owner.post("/v1/customers", &customer).await.ok(201);
    let order = json!({
        "amount": 10_000, "currency": "USD", "customer": id(&customer), "reference": "invoice 7",
        "confirm": true, "payment_method": "pm_card",
    });
    let pay = owner.request(Method::POST, "/v1/payments").header("idempotency-key", "k");
    assert_eq!(owner.send(pay.json(&order)).await.ok(201)["state"], "succeeded");
    let key = json!({ "name": "till", "mode": "test", "scopes": ["payments:view"] });
    owner.post("/v1/api-keys", &key).await.ok(201);
    owner.post("/v1/domains", &json!({ "domain": "pay.leaving.example" })).await.ok(201);
}

/// How many rows a bank has in each table.
async fn rows(site: &Site, tenant: TenantId) -> BTreeMap<String, i64> {
    let mut rows = BTreeMap::new();
    for table in site.tables().await {
        let count = site.rows_of(&table, tenant).await;
        rows.insert(table, count);
    }
    rows
}

async fn a_bank_leaves_and_its_records_of_money_stay(site: &Site) {
    let server = serve(site, &[]).await;
    let mut admin = Desk::open(site, &server, "admin").await;
    let (harbor, owner) = opened(site, &server, &admin, "harbor").await;
    let (summit, other) = opened(site, &server, &admin, "summit").await;
    at_work(&owner).await;
    at_work(&other).await;
    let path = format!("/platform/v1/tenants/{harbor}");
    let close = format!("{path}/close");
    let wrong = json!({ "reason": "x", "slug": "summit" });
    admin.post(&close, &wrong).await.refused_field("field_invalid", "slug");
    let support = Desk::open(site, &server, "support").await;
    let right = json!({ "reason": "at its own wish", "slug": "harbor" });
    support.post(&close, &right).await.refused(403, "permission_denied");
    let closing = admin.post(&close, &right).await.ok(200);
    assert_eq!(closing["status"], "read_only");
    admin.post(&close, &right).await.refused(409, "tenant_closing");
    let new = json!({ "name": "Eve" });
    soon("it takes no changes", async || {
        is_refused(&owner.post("/v1/customers", &new).await, 403, "tenant_read_only")
    })
    .await;
    server.advance(DAY * 29).await;
    // Whoever is to take the data along can sign in, and reads it.
    let mut owner = owner.clone();
    owner.sign_in("owner@harbor.example", OWNERS).await.ok(200);
    assert_eq!(owner.get("/v1/customers").await.ok(200)["data"][0]["name"], "Ada Brooks");
    let (harbor_id, summit_id) = (harbor.parse().expect("an id"), summit.parse().expect("an id"));
    let before = rows(site, summit_id).await;

    server.advance(DAY * 2).await;
    admin.renew().await;
    eventually("its data has gone", async || {
        admin.get(&path).await.ok(200)["purged_at"].is_string()
    })
    .await;
    assert_eq!(admin.get(&path).await.ok(200)["status"], "closed");
    soon("nobody is there", async || owner.get("/v1/customers").await.status == 404).await;
    for (table, count) in rows(site, harbor_id).await {
        let stays = STAYS.contains(&table.as_str());
        assert!(stays || count == 0, "{table} has {count} rows left: do they go, or stay?");
    }
    assert_eq!(site.rows_of("journal_entries", harbor_id).await, 1);
    assert_eq!(site.rows_of("payments", harbor_id).await, 1);
    let of_somebody = "payments WHERE customer_id IS NOT NULL AND reference = 'invoice 7'";
    assert_eq!(site.rows_where(of_somebody).await, 1, "that of the other bank");
    let after = rows(site, summit_id).await;
    for table in ["customers", "payments", "members", "api_keys", "own_domains", "events"] {
        assert_eq!(after[table], before[table], "{table} of the other bank");
        assert!(before[table] > 0, "{table}");
    }
    let resume = admin.post(&format!("{path}/resume"), &json!({ "reason": "x" })).await;
    resume.refused(409, "conflict");
    let look = json!({ "tenant": harbor, "reason": "x", "minutes": 5 });
    let look = support_again(&support, &look).await;
    look.refused(404, "resource_missing");
    its_name_rests(site, &server, &mut admin, &harbor).await;
}

async fn support_again(support: &Desk, look: &serde_json::Value) -> crate::harness::Answer {
    let mut support = support.clone();
    support.renew().await;
    support.post("/platform/v1/support-grants", look).await
}

async fn its_name_rests(
    site: &Site,
    server: &crate::harness::Server,
    admin: &mut Desk,
    harbor: &str,
) {
    let again = new_tenant("harbor", "professional");
    admin.post("/platform/v1/tenants", &again).await.refused(409, "slug_taken");
    server.advance(DAY * 179).await;
    admin.renew().await;
    admin.post("/platform/v1/tenants", &again).await.refused(409, "slug_taken");
    server.advance(DAY * 2).await;
    admin.renew().await;
    let (second, owner) = opened(site, server, admin, "harbor").await;
    assert_ne!(second, harbor);
    assert_eq!(owner.get("/v1/customers").await.ok(200)["data"], json!([]));
    assert_eq!(owner.get("/v1/payments").await.ok(200)["data"], json!([]));
    let gone = admin.get(&format!("/platform/v1/tenants/{harbor}")).await.ok(200);
    assert_eq!(gone["status"], "closed");
}

async fn a_closing_can_be_taken_back(site: &Site) {
    let server = serve(site, &[]).await;
    let mut admin = Desk::open(site, &server, "admin").await;
    let (harbor, owner) = opened(site, &server, &admin, "harbor").await;
    let (summit, other) = opened(site, &server, &admin, "summit").await;
    let order = |tenant: &str, what: &str| format!("/platform/v1/tenants/{tenant}/{what}");
    let reason = json!({ "reason": "a change of mind" });
    for (tenant, slug) in [(&harbor, "harbor"), (&summit, "summit")] {
        let closing = json!({ "reason": "x", "slug": slug });
        admin.post(&order(tenant, "close"), &closing).await.ok(200);
    }
    let resumed = admin.post(&order(&harbor, "resume"), &reason).await.ok(200);
    assert_eq!((&resumed["status"], resumed["purge_at"].is_null()), (&"active".into(), true));
    // One that is suspended meanwhile stays so, and goes all the same.
    admin.post(&order(&summit, "suspend"), &reason).await.ok(200);
    soon("it goes on", async || {
        owner.post("/v1/customers", &json!({ "name": "Ada" })).await.status == 201
    })
    .await;
    soon("the other one is suspended", async || {
        is_refused(&other.get("/v1/customers").await, 403, "tenant_suspended")
    })
    .await;
    let mut tries = other.clone();
    let signed_in = tries.sign_in("owner@summit.example", OWNERS).await;
    signed_in.refused(403, "tenant_suspended");
    server.advance(DAY * 31).await;
    admin.renew().await;
    eventually("the other one has gone", async || {
        admin.get(&format!("/platform/v1/tenants/{summit}")).await.ok(200)["status"] == "closed"
    })
    .await;
    let mut owner = owner.clone();
    owner.sign_in("owner@harbor.example", OWNERS).await.ok(200);
    assert_eq!(owner.get("/v1/customers").await.ok(200)["data"].as_array().map(Vec::len), Some(1));
    let harbor = admin.get(&format!("/platform/v1/tenants/{harbor}")).await.ok(200);
    assert!(harbor["purged_at"].is_null() && harbor["status"] == "active", "{harbor}");
}
