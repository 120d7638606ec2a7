//! Callers that hang up without waiting: what they asked for happens once, or not at all.

use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Client, Raw, Server, Site, eventually, on_both_stacks};

on_both_stacks!(a_payment_is_made_once, a_payment_is_confirmed_and_counted_once);

/// Of each of two tenants.
const PAYMENTS: u64 = 150;

const PLANS: [(&str, &str); 2] = [("riverside", "starter"), ("nordhafen", "professional")];

async fn a_payment_is_made_once(site: &Site) {
    let server = site.serve(&["--requests-per-minute", "100000"]).await;
    let banks = PLANS.map(|(slug, _)| server.client(slug));
    let mut running = JoinSet::new();
    for amount in 1..=PAYMENTS {
        for (bank, (slug, _)) in banks.iter().zip(PLANS) {
            let body = order(amount).to_string();
            let request = request(&server, slug, "/v1/payments", amount, &body);
            running.spawn(hang_up(bank.clone(), request, amount % 30));
        }
    }
    running.join_all().await;
    let before = site.rows("idempotency_records").await;
    println!("{before} of {} were made by then", 2 * PAYMENTS);
    assert!((1..300).contains(&before), "they hung up too early, or too late: {before}");

    for bank in &banks {
        ask_again(bank).await;
        let made = crate::http::payments(bank).await.len();
        assert_eq!(made as u64, 30 + PAYMENTS);
    }
}

/// The provider is asked by then, or not: it is asked once, and the ledger says so once.
async fn a_payment_is_confirmed_and_counted_once(site: &Site) {
    let server = site.serve(&["--requests-per-minute", "100000"]).await;
    let entries = site.rows("journal_entries").await;
    let banks = PLANS.map(|(slug, plan)| (server.client(slug), slug, plan));
    let mut paths = Vec::new();
    for (bank, slug, _) in &banks {
        for amount in 1..=PAYMENTS {
            let made = bank.pay(&format!("amount-{amount}"), &order(amount)).await.ok(201);
            let id = made["id"].as_str().expect("an id");
            paths.push((bank, *slug, amount, format!("/v1/payments/{id}/confirm")));
        }
    }
    let method = json!({ "payment_method": "pm_card" });
    let mut running = JoinSet::new();
    for (bank, slug, amount, path) in &paths {
        let request = request(&server, slug, path, 1_000 + amount, &method.to_string());
        running.spawn(hang_up((*bank).clone(), request, amount % 30));
    }
    running.join_all().await;
    for (bank, _, amount, path) in &paths {
        let confirm = || {
            let request = bank.request(http::Method::POST, path).json(&method);
            request.header("idempotency-key", format!("amount-{}", 1_000 + amount))
        };
        eventually("the payment is confirmed", async || {
            let answer = bank.send(confirm()).await;
            if answer.status == 409 {
                answer.refused(409, "idempotency_key_in_use");
                return false;
            }
            answer.ok(200)["state"] == "succeeded"
        })
        .await;
    }
    let confirmed = i64::try_from(2 * PAYMENTS).expect("a small number");
    assert_eq!(site.rows("journal_entries").await, entries + confirmed);
    for (bank, _, plan) in &banks {
        counted(bank, plan).await;
        crate::payments::ledger_adds_up(bank).await;
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

fn request(server: &Server, slug: &str, path: &str, number: u64, body: &str) -> String {
    let key = &server.tenant(slug).key;
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         idempotency-key: amount-{number}\r\ncontent-type: application/json\r\n\
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

/// Calls of those who hung up may count or not; transactions must.
async fn counted(bank: &Client, plan: &str) {
    let usage = crate::journey::usage::of(bank, "transactions", PAYMENTS).await;
    assert_eq!(usage["plan"], plan);
}
