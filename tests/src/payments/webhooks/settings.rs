//! Endpoints are their bank's own, and for those who may manage them.

use http::Method;
use serde_json::{Value, json};

use super::{Receiver, TO_LOOPBACK, delivery, endpoint, pay};
use crate::harness::{Site, eventually, on_both_stacks};

on_both_stacks!(
    endpoints_are_their_banks_own,
    secrets_are_sealed_where_they_are_kept,
    wrong_settings_are_refused,
);

/// PJ6.8.
async fn endpoints_are_their_banks_own(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let receiver = Receiver::start().await;
    let (path, _) = endpoint(&riverside, &receiver, &["*"]).await;
    pay(&riverside, "own").await;
    let sent = delivery(&riverside, "it arrives", |d| d["state"] == "delivered").await;
    let of_delivery = format!("/v1/webhook-deliveries/{}", sent["id"].as_str().expect("an id"));
    let nobody = |path: &str| {
        let (route, id) = path.rsplit_once('/').expect("an id");
        format!("{route}/{}_01k8p0g2v7e9h9qk3x5t7w1zra", &id[..3])
    };
    let range = json!({ "from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z" });
    for (method, path, tail, body) in [
        (Method::GET, &path, "", None),
        (Method::GET, &path, "/stats", None),
        (Method::PATCH, &path, "", Some(json!({ "enabled": false }))),
        (Method::POST, &path, "/rotate-secret", Some(json!({}))),
        (Method::POST, &path, "/test", Some(json!({}))),
        (Method::POST, &path, "/replay", Some(range)),
        (Method::DELETE, &path, "", None),
        (Method::GET, &of_delivery, "", None),
        (Method::GET, &of_delivery, "/attempts", None),
        (Method::POST, &of_delivery, "/replay", Some(json!({}))),
    ] {
        let ask = async |path: String| {
            let request = kita.request(method.clone(), &path);
            let request = match &body {
                Some(body) => request.json(body),
                None => request,
            };
            kita.send(request).await
        };
        let theirs = ask(format!("{path}{tail}")).await;
        let nobodys = ask(format!("{}{tail}", nobody(path))).await;
        nobodys.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), nobodys.alike(), "{method} {path}{tail}");
    }
    for list in ["/v1/webhook-endpoints", "/v1/webhook-deliveries"] {
        assert_eq!(kita.get(list).await.ok(200)["data"], json!([]), "{list}");
        server.client("lakeshore").get(list).await.refused(403, "tenant_suspended");
        server.stranger().get(list).await.refused(400, "tenant_required");
    }
    assert_eq!(riverside.get(&path).await.ok(200)["state"], "enabled");
    assert_eq!(receiver.messages().len(), 1);

    let gone = riverside.send(riverside.request(Method::DELETE, &path)).await;
    assert_eq!(gone.status, 204);
    riverside.get(&path).await.refused(404, "resource_missing");
    pay(&riverside, "unheard").await;
    assert_eq!(riverside.get("/v1/webhook-deliveries").await.ok(200)["data"], json!([]));
}

async fn secrets_are_sealed_where_they_are_kept(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let receivers = [Receiver::start().await, Receiver::start().await];
    let mut secrets = Vec::new();
    for (slug, receiver) in ["riverside", "kita"].into_iter().zip(&receivers) {
        secrets.push(endpoint(&server.client(slug), receiver, &["*"]).await.1);
    }
    // A secret that somebody with the database copies into another bank's row opens nothing there.
    // Both are read before one is written: row by row, the second would get its own back.
    site.try_run(
        "UPDATE webhook_endpoints SET secret = other.secret FROM (
             SELECT mine.id, theirs.secret FROM webhook_endpoints mine
             JOIN webhook_endpoints theirs ON theirs.id <> mine.id
         ) AS other WHERE other.id = webhook_endpoints.id",
    )
    .await
    .expect("copied");
    for slug in ["riverside", "kita"] {
        pay(&server.client(slug), "moved").await;
    }
    let tried = async || {
        let failed = "SELECT count(*) FROM jobs WHERE kind = 'webhooks.deliver' AND attempts > 0
                      AND last_error IS NOT NULL";
        site.try_count(failed.to_owned()).await.expect("counted") == 2
    };
    eventually("both were tried, and could not be signed", tried).await;
    let log = server.stop().await;
    for secret in secrets {
        assert!(!log.contains(&secret) && !log.contains(&secret[6..]), "no log has a secret");
    }
    for receiver in receivers {
        assert_eq!(receiver.messages().len(), 0, "nothing is sent with a wrong signature");
    }
    // Without the key that sealed them, none is opened.
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let server = site.serve(&[&TO_LOOPBACK[..], &["--secrets-key", key]].concat()).await;
    server.client("kita").get("/v1/webhook-endpoints").await.ok(200);
}

async fn wrong_settings_are_refused(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    for slug in ["riverside", "kita"] {
        let (bank, receiver) = (server.client(slug), Receiver::start().await);
        let make = async |more: Value| {
            let mut body = json!({ "url": receiver.url() });
            body.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
            bank.post("/v1/webhook-endpoints", &body).await
        };
        for (more, param) in [
            (json!({ "events": [] }), "events"),
            (json!({ "events": ["payment"] }), "events"),
            (json!({ "events": "payment.*" }), "events"),
            (json!({ "description": "" }), "description"),
            (json!({ "description": "x".repeat(201) }), "description"),
            (json!({ "description": "a\nb" }), "description"),
            (json!({ "secret": "whsec_AAAA" }), "secret"),
        ] {
            make(more).await.refused_field("field_invalid", param);
        }
        for _ in 0..20 {
            make(json!({ "description": "one of many" })).await.ok(201);
        }
        make(json!({})).await.refused(409, "endpoint_limit_reached");
    }
}
