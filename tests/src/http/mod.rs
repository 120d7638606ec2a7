//! Bad input and what it gets, over HTTP from the real program.

mod bodies;
mod database_away;
mod hosts;
mod idempotency;
mod permissions;
mod queries;
mod rate;
mod redis_away;
mod routes;
mod secrets;
mod sources;
pub(crate) mod token;
mod tokens;

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Raw, Server, Site, Stack};

/// Lifts the limits where they are not the question.
const UNLIMITED: [&str; 2] = ["--requests-per-minute", "100000"];

async fn embedded() -> (Site, Server) {
    let site = Site::create(Stack::Embedded).await;
    let server = site.serve(&UNLIMITED).await;
    (site, server)
}

fn one_euro() -> Value {
    json!({ "amount": 100, "currency": "EUR" })
}

/// All payments of a tenant, the newest first.
pub(crate) async fn payments(bank: &Client) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().and_then(|payment| payment["id"].as_str());
        let after = after.map(|id| format!("&starting_after={id}")).unwrap_or_default();
        let page = bank.get(&format!("/v1/payments?limit=100{after}")).await.ok(200);
        all.extend(page["data"].as_array().expect("a page").iter().cloned());
        if page["has_more"] == false {
            return all;
        }
    }
}

/// Makes a payment with a body of unknown length.
async fn chunked(server: &Server, slug: &str, chunks: Vec<Vec<u8>>) -> Answer {
    let key = &server.tenant(slug).key;
    let mut connection = Raw::to(server.address()).await;
    connection
        .send(format!(
            "POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
             idempotency-key: chunked\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        ))
        .await;
    for chunk in chunks {
        let size = format!("{:x}\r\n", chunk.len());
        connection.send([size.as_bytes(), &chunk, b"\r\n"].concat()).await;
    }
    connection.send("0\r\n\r\n").await;
    let answer = connection.answer().await;
    server.client(slug).check(&answer);
    answer
}
