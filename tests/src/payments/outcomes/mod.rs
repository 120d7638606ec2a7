//! What providers do not tell: asked for with patience, decided by people, ended by time.

mod asked;
mod conflicts;
mod expired;
mod resolved;

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Server, Site};
use crate::http::token;

/// Starts a server on a clock that tests move, which knows tokens of people.
async fn serve(site: &Site, more: &[String]) -> Server {
    let mut options = super::MOVABLE.to_vec();
    options.extend(["--jwt-secret", token::SECRET]);
    options.extend(more.iter().map(String::as_str));
    site.serve(&options).await
}

/// Returns the newest attempt of a payment.
async fn attempt(bank: &Client, path: &str) -> Value {
    bank.get(&format!("{path}/attempts")).await.ok(200)["data"][0].clone()
}

/// Settles an attempt as a person who has looked at it.
async fn resolve(person: &Client, attempt: &Value, outcome: &str, more: &Value) -> Answer {
    let mut body = json!({ "state": attempt["state"], "outcome": outcome, "evidence": "line 17" });
    let members = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(members);
    let id = attempt["id"].as_str().expect("an id");
    person.post(&format!("/v1/attempts/{id}/resolve"), &body).await
}
