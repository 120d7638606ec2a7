//! Connections of two banks: seen by their own people, their secrets by nobody.

use http::Method;
use serde_json::{Value, json};

use super::{connected, serve};
use crate::harness::{Providers, Site, on_both_stacks};
use crate::http::token;

on_both_stacks!(
    a_connection_is_its_tenants_and_its_secret_nobodys,
    a_connection_leads_only_where_the_operator_allows,
);

const CONNECTIONS: &str = "/v1/integrations/connections";

async fn a_connection_is_its_tenants_and_its_secret_nobodys(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    let [(bank, account, [first, second]), (other, others_account, [theirs, _])] =
        connected(&server, &providers).await;
    let path = format!("{CONNECTIONS}/{first}");

    for (bank, mine, account) in [(&bank, &first, account), (&other, &theirs, others_account)] {
        let test = bank.post(&format!("{CONNECTIONS}/{mine}/test"), &json!({})).await.ok(200);
        assert_eq!(test["outcome"], "answered");
        let listed = bank.get(CONNECTIONS).await;
        assert_eq!(listed.ok(200)["data"].as_array().map(Vec::len), Some(2));
        for shown in [listed, bank.get(&format!("{CONNECTIONS}/{mine}")).await] {
            assert!(!shown.text().contains(account), "{shown:?}");
            assert!(!shown.text().contains("secret"), "{shown:?}");
        }
        assert_eq!(providers.calls("cardway", account, "balance.retrieve").await, 1);
    }

    // Another tenant's id answers like one that nobody has.
    let nobodys = format!("{CONNECTIONS}/con_01k8p0g2v7e9h9qk3x5t7w1zra");
    for (method, more, body) in [
        (Method::GET, "", Value::Null),
        (Method::PATCH, "", json!({ "priority": 5 })),
        (Method::DELETE, "", Value::Null),
        (Method::POST, "/test", json!({})),
        (Method::GET, "/health", Value::Null),
        (Method::GET, "/calls", Value::Null),
        (Method::POST, "/breaker", json!({ "rule": "open" })),
    ] {
        let ask = async |path: &str| {
            let request = other.request(method.clone(), &format!("{path}{more}"));
            let request = if body.is_null() { request } else { request.json(&body) };
            other.send(request).await
        };
        let (foreign, random) = (ask(&path).await, ask(&nobodys).await);
        foreign.refused(404, "resource_missing");
        assert_eq!(foreign.body, random.body, "{method} {more}");
        // Nor may those who only read change one of their own.

        let auditor = token::in_role(&bank, "riverside", "auditor").await;
        let request = auditor.request(method.clone(), &format!("{path}{more}"));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = auditor.send(request).await;
        if method == Method::GET {
            answer.ok(200);
        } else {
            answer.refused(403, "permission_denied");
        }
    }

    // A new key is used from the next call on; one that the provider does not know says so.
    let new_key = json!({ "secret": "sk_another_key", "priority": 9, "version": 1 });
    let changed = bank.send(bank.request(Method::PATCH, &path).json(&new_key)).await.ok(200);
    assert_eq!((&changed["priority"], &changed["version"]), (&9.into(), &2.into()));
    bank.send(bank.request(Method::PATCH, &path).json(&new_key))
        .await
        .refused(409, "connection_changed");
    bank.post(&format!("{path}/test"), &json!({})).await.ok(200);
    assert_eq!(providers.calls("cardway", "sk_another_key", "balance.retrieve").await, 1);
    let wrong = json!({ "secret": "sk_account_one:not_the_secret" });
    let other_path = format!("{CONNECTIONS}/{second}");
    bank.send(bank.request(Method::PATCH, &other_path).json(&wrong)).await.ok(200);
    let test = bank.post(&format!("{other_path}/test"), &json!({})).await.ok(200);
    assert_eq!((&test["outcome"], &test["status"]), (&"refused".into(), &401.into()));

    // A sealed secret that is copied to another tenant's row opens for nobody.
    site.try_run(
        "UPDATE connections SET secret = (SELECT c.secret FROM connections c \
         WHERE c.tenant_id <> connections.tenant_id AND c.kind = 'stripe') \
         WHERE kind = 'stripe' AND priority = 1",
    )
    .await
    .expect("the owner of the database may");
    other.post(&format!("{CONNECTIONS}/{theirs}/test"), &json!({})).await.refused(500, "internal");

    // What is removed is gone from sight.
    let removed = bank.send(bank.request(Method::DELETE, &path)).await;
    assert_eq!(removed.status, 204);
    bank.get(&path).await.refused(404, "resource_missing");
    assert_eq!(bank.get(CONNECTIONS).await.ok(200)["data"].as_array().map(Vec::len), Some(1));
    let log = server.stop().await;
    for secret in [account, others_account, "sk_another_key", "a_secret_of_it"] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

async fn a_connection_leads_only_where_the_operator_allows(site: &Site) {
    let providers = Providers::start().await;
    let server = serve(site, &providers).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let of = |url: &str| json!({ "kind": "stripe", "name": "x", "secret": "sk_account_x", "base_url": url });
        for url in [
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:1",
            providers.url("paynova"),
            &format!("{}/../x", providers.url("cardway")),
            &format!("{}@127.0.0.1:1", providers.url("cardway")),
            "",
        ] {
            bank.post(CONNECTIONS, &of(url)).await.refused_field("field_invalid", "base_url");
        }
        bank.post(CONNECTIONS, &of(providers.url("cardway"))).await.ok(201);
        for (name, value) in [
            ("secret", json!("short")),
            ("secret", json!("with a space in it")),
            ("priority", json!(1_001)),
            ("kind", json!("corebank")),
            ("name", json!("")),
        ] {
            let mut body = of(providers.url("cardway"));
            body[name] = value;
            bank.post(CONNECTIONS, &body).await.refused_field("field_invalid", name);
        }
        let without_secret = json!({
            "kind": "paynova", "name": "x", "secret": "only_a_key", "base_url": providers.url("paynova"),
        });
        bank.post(CONNECTIONS, &without_secret).await.refused_field("field_invalid", "secret");
    }
}
