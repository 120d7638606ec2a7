//! PJ6: events that reach who wants them, and nobody else.

mod guard;
pub(super) mod receiver;
mod retries;
mod sent;
mod settings;

use serde_json::{Value, json};

use crate::harness::{Client, eventually};
use receiver::Receiver;

/// A clock to move, and receivers of this machine.
const TO_LOOPBACK: [&str; 4] =
    ["--requests-per-minute", "100000", "--demo-clock", "--webhooks-to-loopback"];

/// Makes an endpoint; returns its path and its secret.
async fn endpoint(bank: &Client, receiver: &Receiver, events: &[&str]) -> (String, String) {
    let body = json!({ "url": receiver.url(), "events": events });
    let made = bank.post("/v1/webhook-endpoints", &body).await.ok(201);
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    (format!("/v1/webhook-endpoints/{}", text("id")), text("secret"))
}

/// Makes a payment, for the event it makes. Returns its id.
async fn pay(bank: &Client, key: &str) -> String {
    let order = json!({ "amount": 500, "currency": "USD" });
    let payment = bank.pay(key, &order).await.ok(201);
    payment["id"].as_str().expect("an id").to_owned()
}

/// Returns the newest delivery, once it is so.
async fn delivery(bank: &Client, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut found = Value::Null;
    eventually(what, async || {
        let page = bank.get("/v1/webhook-deliveries?limit=1").await.ok(200);
        found = page["data"][0].clone();
        !found.is_null() && is_so(&found)
    })
    .await;
    found
}

/// Returns a time of an answer in seconds since the epoch.
fn seconds(value: &Value) -> f64 {
    use time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::parse(value.as_str().expect("a time"), &Rfc3339);
    (at.expect("a time") - time::OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}
