//! PJ7: what providers say, taken once, from those who can sign it, and applied in any order.

mod elsewhere;
mod folding;
mod providers;
mod refused;
mod suspended;
mod taken;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::webhooks::receiver::hmac;
use super::{confirm, made};
use crate::harness::{Answer, Client, Server, eventually};

pub(super) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A source of a bank, and how it signs.
pub(super) struct Source {
    path: String,
    scheme: &'static str,
    secret: String,
}

impl Source {
    pub(super) async fn make(
        bank: &Client,
        slug: &str,
        scheme: &'static str,
        secret: &str,
    ) -> Self {
        Self::of(bank, slug, scheme, secret, &json!({})).await
    }

    /// The same, with more members.
    async fn of(
        bank: &Client,
        slug: &str,
        scheme: &'static str,
        secret: &str,
        more: &Value,
    ) -> Self {
        let mut body = json!({
            "name": "provider", "connector": "simulator", "scheme": scheme, "secret": secret,
        });
        let members = more.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(members);
        let made = bank.post("/v1/inbound-sources", &body).await.ok(201);
        assert!(made.get("secret").is_none());
        let path = format!("/inbound/{slug}/{}", made["id"].as_str().expect("an id"));
        Self { path, scheme, secret: secret.to_owned() }
    }

    /// Signs a body as sent at a time.
    fn headers(&self, id: &str, seconds: i64, body: &[u8]) -> Vec<(&'static str, String)> {
        if self.scheme == "stripe" {
            let signed = [format!("{seconds}.").as_bytes(), body].concat();
            let digits = hmac(self.secret.as_bytes(), &signed);
            let digits =
                digits.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            return vec![("stripe-signature", format!("t={seconds},v1={digits}"))];
        }
        let key = BASE64_STANDARD.decode(&self.secret["whsec_".len()..]).expect("base64");
        let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
        vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, &signed)))),
        ]
    }

    pub(super) async fn say(&self, server: &Server, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        let headers = self.headers("msg_1", now(server).await, &body);
        send(server, &self.path, headers, body).await
    }
}

async fn send(
    server: &Server,
    path: &str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
) -> Answer {
    let stranger = server.stranger();
    let mut request = stranger.request(Method::POST, path).body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    stranger.send(request).await
}

/// The server's time, in seconds.
async fn now(server: &Server) -> i64 {
    use time::format_description::well_known::Rfc3339;
    let now = server.operator().get("/demo/clock").await.ok(200);
    let now = time::OffsetDateTime::parse(now["now"].as_str().expect("a time"), &Rfc3339);
    now.expect("a time").unix_timestamp()
}

/// Makes a payment of 100.00 USD whose provider says nothing. Returns its path and its attempt.
async fn silent(bank: &Client, key: &str) -> (String, String) {
    let path = made(bank, key, &json!({})).await;
    assert_eq!(confirm(bank, &path, key, "pm_lost").await.ok(202)["state"], "unknown");
    let attempts = bank.get(&format!("{path}/attempts")).await.ok(200);
    (path, attempts["data"][0]["id"].as_str().expect("an id").to_owned())
}

pub(super) fn event(id: &str, request: &str, status: &str, amount: i64) -> Value {
    let data = json!({ "request_id": request, "status": status, "amount": amount, "currency": "USD",
        "reference": format!("ref of {request}") });
    json!({ "id": id, "type": format!("payment.{status}"), "data": data })
}

async fn state_is(bank: &Client, path: &str, state: &str) {
    eventually(&format!("it is {state}"), async || bank.get(path).await.ok(200)["state"] == state)
        .await;
}

/// Waits until the newest event that came in is in a state; returns it.
pub(super) async fn inbound_is(bank: &Client, state: &str) -> Value {
    let mut newest = Value::Null;
    eventually(&format!("it is {state}"), async || {
        newest = bank.get("/v1/inbound-events?limit=1").await.ok(200)["data"][0].clone();
        newest["state"] == state
    })
    .await;
    newest
}

/// Waits until an event is in a state; returns it.
async fn newest_of(bank: &Client, external_id: &str, state: &str) -> Value {
    let mut found = Value::Null;
    eventually(&format!("{external_id} is {state}"), async || {
        let events = bank.get("/v1/inbound-events?limit=100").await.ok(200);
        let all = events["data"].as_array().expect("a list").clone();
        found = all.into_iter().find(|it| it["external_id"] == external_id).unwrap_or_default();
        found["state"] == state
    })
    .await;
    found
}
