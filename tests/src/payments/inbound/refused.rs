//! What is not signed, comes from elsewhere, too often, or is another bank's.

use http::Method;
use serde_json::{Value, json};

use super::{SECRET, Source, inbound_is, now, send};
use crate::harness::{Client, Server, Site, eventually, on_both_stacks};
use crate::http::token;
use crate::payments::MOVABLE;

on_both_stacks!(
    what_is_not_signed_is_refused,
    what_comes_from_elsewhere_is_refused,
    who_sends_too_much_is_refused_and_no_other,
    sources_are_their_banks_own,
);

async fn serve(site: &Site) -> Server {
    let mut options = MOVABLE.to_vec();
    options.extend(["--jwt-secret", token::SECRET]);
    site.serve(&options).await
}

/// Waits for what a bank's auditor reads of a request that was not believed.
async fn told(bank: &Client, slug: &str, code: &str) -> Value {
    let auditor = token::in_role(bank, slug, "auditor").await;
    let mut entry = Value::Null;
    eventually("the auditor reads it", async || {
        let path = "/v1/audit?action=security.inbound_refused&limit=100";
        let entries = auditor.get(path).await.ok(200);
        let found = entries["data"].as_array().expect("a list").iter();
        entry = found.clone().find(|it| it["details"]["code"] == code).cloned().unwrap_or_default();
        entry.is_object()
    })
    .await;
    entry
}

/// PJ7.2, 7.3, 7.4 and 7.6.
async fn what_is_not_signed_is_refused(site: &Site) {
    let server = serve(site).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let ours = Source::make(&riverside, "riverside", "standard_webhooks", SECRET).await;
    let other = "whsec_//////////////////////////////////////////8=";
    let theirs = Source::make(&kita, "kita", "standard_webhooks", other).await;
    let body = json!({ "id": "evt_1", "type": "customer.seen" }).to_string().into_bytes();
    let good = ours.headers("msg_1", now(&server).await, &body);

    let spaced = [&body[..], b" "].concat();
    send(&server, &ours.path, good.clone(), spaced).await.refused(400, "signature_invalid");
    for at in 0..good.len() {
        let mut less = good.clone();
        less.remove(at);
        let answer = send(&server, &ours.path, less, body.clone()).await;
        answer.refused(400, "signature_missing");
    }
    for away in [-302, 302] {
        let headers = ours.headers("msg_1", now(&server).await + away, &body);
        let answer = send(&server, &ours.path, headers, body.clone()).await;
        answer.refused(400, "timestamp_not_tolerated");
    }
    let stolen = send(&server, &theirs.path, good.clone(), body.clone()).await;
    stolen.refused(400, "signature_invalid");
    // The bank whose address was used hears of it; the one whose secret it was hears its own.
    let of_kita = told(&kita, "kita", "signature_invalid").await;
    assert!(theirs.path.ends_with(of_kita["resource"]["id"].as_str().expect("an id")));
    assert_eq!(of_kita["outcome"], "denied");
    let of_riverside = told(&riverside, "riverside", "signature_missing").await;
    assert!(ours.path.ends_with(of_riverside["resource"]["id"].as_str().expect("an id")));
    assert!(!of_kita.to_string().contains("riverside") && !of_kita.to_string().contains("whsec"));
    // Its own source, at another bank's address.
    let (_, id) = ours.path.rsplit_once('/').expect("an id");
    let elsewhere = send(&server, &format!("/inbound/kita/{id}"), good.clone(), body.clone()).await;
    elsewhere.refused(404, "resource_missing");
    let nobodys = "/inbound/kita/src_01k8p0g2v7e9h9qk3x5t7w1zra";
    let nobodys = send(&server, nobodys, good.clone(), body.clone()).await;
    assert_eq!(elsewhere.alike(), nobodys.alike());
    for (bank, slug) in [(&riverside, "riverside"), (&kita, "kita")] {
        assert_eq!(bank.get("/v1/inbound-events").await.ok(200)["data"], json!([]), "{slug}");
    }
    for malformed in ["", "[]", "{}", r#"{"events":[]}"#] {
        let body = malformed.as_bytes().to_vec();
        let headers = ours.headers("msg_1", now(&server).await, &body);
        send(&server, &ours.path, headers, body).await.refused(422, "events_malformed");
    }
    send(&server, &ours.path, good, body).await.ok(200);
}

async fn what_comes_from_elsewhere_is_refused(site: &Site) {
    let server = serve(site).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let from = |networks: Value| {
            let bank = bank.clone();
            async move {
                let more = json!({ "networks": networks });
                Source::of(&bank, slug, "standard_webhooks", SECRET, &more).await
            }
        };
        let elsewhere = from(json!(["192.0.2.0/24", "2001:db8::/32"])).await;
        let body = json!({ "id": "evt_1", "type": "customer.seen" });
        elsewhere.say(&server, &body).await.refused(403, "address_not_allowed");
        told(&bank, slug, "address_not_allowed").await;
        assert_eq!(bank.get("/v1/inbound-events").await.ok(200)["data"], json!([]));
        from(json!(["127.0.0.0/8"])).await.say(&server, &body).await.ok(200);

        // What stands in a header is not where it comes from.
        let bytes = body.to_string().into_bytes();
        let mut headers = elsewhere.headers("msg_1", now(&server).await, &bytes);
        headers.push(("x-forwarded-for", "192.0.2.7".to_owned()));
        let forged = send(&server, &elsewhere.path, headers, bytes).await;
        forged.refused(403, "address_not_allowed");

        // Later it may.
        let id = elsewhere.path.rsplit('/').next().expect("an id");
        let path = format!("/v1/inbound-sources/{id}");
        let change = bank.request(Method::PATCH, &path).json(&json!({ "networks": [] }));
        assert_eq!(bank.send(change).await.ok(200)["networks"], json!([]));
        elsewhere.say(&server, &body).await.ok(200);
        let wrong = json!({ "name": "x", "connector": "simulator", "scheme": "stripe",
            "secret": "a_secret_of_the_provider", "networks": ["everywhere"] });
        let refused = bank.post("/v1/inbound-sources", &wrong).await;
        refused.refused_field("field_invalid", "networks");
    }
}

/// A source has a limit of its own: not another source's, another bank's, or the API's.
async fn who_sends_too_much_is_refused_and_no_other(site: &Site) {
    let server = serve(site).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let loud = Source::make(&riverside, "riverside", "standard_webhooks", SECRET).await;
    let quiet = Source::make(&riverside, "riverside", "standard_webhooks", SECRET).await;
    let theirs = Source::make(&kita, "kita", "standard_webhooks", SECRET).await;
    let body = json!({ "id": "evt_1", "type": "customer.seen" });
    let bytes = body.to_string().into_bytes();
    let seconds = now(&server).await;
    let good = loud.headers("msg_1", seconds, &bytes);
    // Who cannot sign takes nothing from who can.
    let unsigned = loud.headers("msg_2", seconds, b"other");
    for _ in 0..100 {
        let refused = send(&server, &loud.path, unsigned.clone(), bytes.clone()).await;
        refused.refused(400, "signature_invalid");
    }
    for at in 0..600 {
        let answer = send(&server, &loud.path, good.clone(), bytes.clone()).await;
        assert_eq!(answer.status, 200, "{at}: {answer:?}");
    }
    let refused = send(&server, &loud.path, good.clone(), bytes.clone()).await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().expect("seconds") >= 1);
    quiet.say(&server, &body).await.ok(200);
    theirs.say(&server, &body).await.ok(200);
    for bank in [&riverside, &kita] {
        bank.get("/v1/inbound-events").await.ok(200);
    }
    server.advance(std::time::Duration::from_mins(1)).await;
    loud.say(&server, &body).await.ok(200);
}

/// PJ7.9.
async fn sources_are_their_banks_own(site: &Site) {
    let server = serve(site).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let source = Source::make(&riverside, "riverside", "standard_webhooks", SECRET).await;
    source.say(&server, &json!({ "id": "evt_1", "type": "customer.seen" })).await.ok(200);
    let came = inbound_is(&riverside, "ignored").await;
    let of_event = format!("/v1/inbound-events/{}", came["id"].as_str().expect("an id"));
    let id = source.path.rsplit('/').next().expect("an id");
    let of_source = format!("/v1/inbound-sources/{id}");
    for (method, path, tail, body) in [
        (Method::GET, &of_source, "", None),
        (Method::PATCH, &of_source, "", Some(json!({ "enabled": false }))),
        (Method::DELETE, &of_source, "", None),
        (Method::GET, &of_event, "", None),
        (Method::POST, &of_event, "/reprocess", Some(json!({}))),
    ] {
        let ask = async |path: String| {
            let request = kita.request(method.clone(), &path);
            let request = match &body {
                Some(body) => request.json(body),
                None => request,
            };
            kita.send(request).await
        };
        let (route, own) = path.rsplit_once('/').expect("an id");
        let nobody = format!("{route}/{}_01k8p0g2v7e9h9qk3x5t7w1zra{tail}", &own[..3]);
        let (theirs, nobodys) = (ask(format!("{path}{tail}")).await, ask(nobody).await);
        nobodys.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), nobodys.alike(), "{method} {path}{tail}");
    }
    for list in ["/v1/inbound-sources", "/v1/inbound-events"] {
        assert_eq!(kita.get(list).await.ok(200)["data"], json!([]));
    }
    for shown in [riverside.get(&of_source).await, riverside.get("/v1/inbound-sources").await] {
        let text = shown.ok(200).to_string();
        assert!(!text.contains("secret") && !text.contains(&SECRET[6..]), "{text}");
    }
    let off = riverside.request(Method::PATCH, &of_source).json(&json!({ "enabled": false }));
    riverside.send(off).await.ok(200);
    let said = json!({ "id": "evt_2", "type": "customer.seen" });
    source.say(&server, &said).await.refused(404, "resource_missing");
    let of_nobody = json!({ "name": "x", "connector": "nobody", "scheme": "stripe",
        "secret": "a_secret_of_the_provider" });
    let refused = riverside.post("/v1/inbound-sources", &of_nobody).await;
    refused.refused_field("field_invalid", "connector");
    for (secret, scheme) in [("short", "stripe"), ("whsec_AAAA", "standard_webhooks")] {
        let body =
            json!({ "name": "x", "connector": "simulator", "scheme": scheme, "secret": secret });
        riverside.post("/v1/inbound-sources", &body).await.refused_field("field_invalid", "secret");
    }
    assert!(!server.stop().await.contains(&SECRET[6..]), "no log has the secret");
}
