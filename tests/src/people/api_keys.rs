//! API keys: shown once, narrow, and gone when they are revoked.

use http::Method;
use serde_json::{Value, json};

use super::{Browser, UNLIMITED, ended};
use crate::harness::{Client, Server, Site, on_both_stacks};

on_both_stacks!(
    a_key_is_shown_once_and_does_what_its_scopes_say,
    a_key_gives_nobody_more_than_its_maker_has,
    a_key_is_replaced_and_revoked,
);

fn key(mode: &str, scopes: &[&str]) -> Value {
    json!({ "name": "till 7", "mode": mode, "scopes": scopes })
}

fn with(server: &Server, slug: &str, issued: &Value) -> Client {
    server.client(slug).with_credential(issued["secret"].as_str().expect("a secret"))
}

async fn a_key_is_shown_once_and_does_what_its_scopes_say(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let developer = Browser::demo(&server, slug, "developer").await;
        let issued = developer.post("/v1/api-keys", &key("test", &["payments:view"])).await.ok(201);
        let secret = issued["secret"].as_str().expect("a secret").to_owned();
        assert!(
            secret.starts_with("paykey_test_")
                && secret.ends_with(issued["hint"].as_str().expect("a hint"))
        );
        let till = with(&server, slug, &issued);
        till.get("/v1/payments").await.ok(200);
        till.get("/v1/customers").await.refused(403, "permission_denied");
        till.post("/v1/api-keys", &key("test", &["payments:view"]))
            .await
            .refused(403, "permission_denied");
        till.get("/v1/members").await.refused(403, "permission_denied");
        assert_eq!(till.get("/v1/me").await.ok(200)["permissions"], json!(["payments:view"]));

        // P3: no answer shows it again, and nothing keeps it.
        let path = format!("/v1/api-keys/{}", issued["id"].as_str().expect("an id"));
        for answer in [developer.get(&path).await, developer.get("/v1/api-keys").await] {
            assert_eq!(answer.status, 200);
            assert!(!answer.text().contains(&secret[12..]), "{answer:?}");
        }
        assert!(!server.log().contains(&secret[12..]));

        let other = if slug == "kita" { "riverside" } else { "kita" };
        let theirs = Browser::demo(&server, other, "owner").await;
        let random = theirs.get("/v1/api-keys/key_01k8p0g2v7e9h9qk3x5t7w1zra").await;
        random.refused(404, "resource_missing");
        assert_eq!(theirs.get(&path).await.alike(), random.alike());
        theirs.delete(&path).await.refused(404, "resource_missing");
        theirs.post(&format!("{path}/rotate"), &json!({})).await.refused(404, "resource_missing");
        let at_other = till.request(Method::GET, "/v1/payments").header("x-tenant-id", other);
        till.send(at_other).await.refused(403, "tenant_mismatch");
        till.get("/v1/payments").await.ok(200);
    }
}

/// P4, and live keys by plan.
async fn a_key_gives_nobody_more_than_its_maker_has(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let developer = Browser::demo(&server, "kita", "developer").await;
    let owner = Browser::demo(&server, "kita", "owner").await;
    for scope in ["payments:create", "refunds:create", "customers:view"] {
        let wanted = key("test", &["payments:view", scope]);
        developer.post("/v1/api-keys", &wanted).await.refused(403, "permission_denied");
    }
    for scopes in
        [&["members:invite"][..], &["owners:manage"], &["api-keys:create"], &["payments:fly"], &[]]
    {
        let answer = owner.post("/v1/api-keys", &key("test", scopes)).await;
        answer.refused_field("field_invalid", "scopes");
    }
    owner.post("/v1/api-keys", &key("test", &["payments:*"])).await.refused(422, "field_invalid");
    owner.post("/v1/api-keys", &key("live", &["payments:create"])).await.ok(201);
    for slug in ["riverside", "nordhafen"] {
        let owner = Browser::demo(&server, slug, "owner").await;
        let live = owner.post("/v1/api-keys", &key("live", &["payments:create"])).await;
        live.refused(403, "feature_not_in_plan");
    }
    for role in ["operator", "analyst", "finance-approver"] {
        let weak = Browser::demo(&server, "kita", role).await;
        let refused = weak.post("/v1/api-keys", &key("test", &["payments:view"])).await;
        refused.refused(403, "permission_denied");
    }

    // Somewhere else it opens nothing.
    let mut elsewhere = key("test", &["payments:view"]);
    elsewhere["networks"] = json!(["192.0.2.0/24"]);
    let issued = owner.post("/v1/api-keys", &elsewhere).await.ok(201);
    with(&server, "kita", &issued).get("/v1/payments").await.refused(401, "credential_invalid");
    elsewhere["networks"] = json!(["127.0.0.0/8"]);
    let issued = owner.post("/v1/api-keys", &elsewhere).await.ok(201);
    with(&server, "kita", &issued).get("/v1/payments").await.ok(200);
    elsewhere["networks"] = json!(["nowhere"]);
    owner.post("/v1/api-keys", &elsewhere).await.refused_field("field_invalid", "networks");
    let mut past = key("test", &["payments:view"]);
    past["expires_at"] = json!("2020-01-01T00:00:00Z");
    owner.post("/v1/api-keys", &past).await.refused_field("field_invalid", "expires_at");
}

async fn a_key_is_replaced_and_revoked(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let owner = Browser::demo(&server, slug, "owner").await;
        let old = owner.post("/v1/api-keys", &key("test", &["payments:view"])).await.ok(201);
        let path = format!("/v1/api-keys/{}", old["id"].as_str().expect("an id"));
        let rotate = format!("{path}/rotate");
        let new = owner.post(&rotate, &json!({ "overlap_seconds": 3_600 })).await.ok(201);
        for issued in [&old, &new] {
            with(&server, slug, issued).get("/v1/payments").await.ok(200);
        }
        assert_ne!(new["secret"], old["secret"]);
        assert_eq!(owner.get(&path).await.ok(200)["replaced_by"], new["id"]);
        owner.post(&rotate, &json!({})).await.refused(409, "api_key_not_rotatable");

        let path = format!("/v1/api-keys/{}", new["id"].as_str().expect("an id"));
        let without = owner.post(&format!("{path}/rotate"), &json!({})).await.ok(201);
        let old_one = with(&server, slug, &new);
        ended("the key that is replaced", async || old_one.get("/v1/payments").await.status).await;
        with(&server, slug, &without).get("/v1/payments").await.ok(200);

        let path = format!("/v1/api-keys/{}", without["id"].as_str().expect("an id"));
        let revoked = owner.delete(&path).await.ok(200);
        assert!(revoked["revoked_at"].is_string());
        let gone = with(&server, slug, &without);
        ended("the key that is revoked", async || gone.get("/v1/payments").await.status).await;
        assert_eq!(owner.delete(&path).await.ok(200), revoked);
        owner
            .post(&format!("{path}/rotate"), &json!({}))
            .await
            .refused(409, "api_key_not_rotatable");
        with(&server, slug, &old).get("/v1/payments").await.ok(200);
    }
}
