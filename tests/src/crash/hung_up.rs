//! Callers that hang up without waiting: what they asked for happens once, or not at all.

use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Client, Raw, Server, Site, on_both_stacks};

on_both_stacks!(a_payment_is_made_and_counted_once);

/// Of each of two tenants.
const PAYMENTS: u64 = 150;

async fn a_payment_is_made_and_counted_once(site: &Site) {
    let server = site.serve(&["--requests-per-minute", "100000"]).await;
    let plans = [("riverside", "starter"), ("nordhafen", "professional")];
    let mut running = JoinSet::new();
    for amount in 1..=PAYMENTS {
        for (slug, _) in plans {
            let patience = amount % 30;
            running.spawn(hang_up(server.client(slug), request(&server, slug, amount), patience));
        }
    }
    running.join_all().await;
    let before = site.rows("idempotency_records").await;
    println!("{before} of {} were made by then", 2 * PAYMENTS);
    assert!((1..300).contains(&before), "they hung up too early, or too late: {before}");

    for (slug, plan) in plans {
        let bank = server.client(slug);
        ask_again(&bank).await;
        let made = crate::http::payments(&bank).await.len();
        assert_eq!(made as u64, 30 + PAYMENTS, "{slug}");
        counted(&bank, plan).await;
    }
}

/// Asks for a payment and hangs up after so many round trips, somewhere in the middle of it.
async fn hang_up(bank: Client, request: String, patience: u64) {
    let mut connection = Raw::to(bank.address()).await;
    connection.send(request).await;
    for _ in 0..patience {
        bank.get("/health").await.ok(200);
    }
}

fn request(server: &Server, slug: &str, amount: u64) -> String {
    let key = &server.tenant(slug).key;
    let body = order(amount).to_string();
    format!(
        "POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         idempotency-key: amount-{amount}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn order(amount: u64) -> serde_json::Value {
    json!({ "amount": amount, "currency": "EUR" })
}

async fn ask_again(bank: &Client) {
    for amount in 1..=PAYMENTS {
        bank.pay(&format!("amount-{amount}"), &order(amount)).await.ok(201);
    }
}

/// Calls of those who hung up may count or not; payments must.
async fn counted(bank: &Client, plan: &str) {
    let usage = crate::journey::usage::of(bank, "transactions", PAYMENTS).await;
    assert_eq!(usage["plan"], plan);
}
