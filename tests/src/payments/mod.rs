//! Money of two banks: taken once, given back once, and every cent of it in the ledger.

mod audit;
mod bulk;
mod clock;
mod customers;
mod events;
mod inbound;
mod invariants;
mod ledger;
mod lost;
mod modes;
mod outcomes;
mod pay_capture_refund;
mod providers;
mod quota;
mod races;
mod webhooks;
mod workflows;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, eventually};

const UNLIMITED: [&str; 2] = ["--requests-per-minute", "100000"];

/// The same, with a clock that tests move.
const MOVABLE: [&str; 3] = ["--requests-per-minute", "100000", "--demo-clock"];

/// Something that moves money, under an idempotency key.
async fn post(bank: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let request = bank.request(Method::POST, path).header("idempotency-key", key).json(body);
    bank.send(request).await
}

/// Makes a payment of 100.00 USD that is captured by hand, and confirms it. Returns its path.
async fn authorized(bank: &Client, key: &str) -> String {
    let path = made(bank, key, &json!({ "capture_mode": "manual" })).await;
    let paid = confirm(bank, &path, key, "pm_card").await.ok(200);
    assert_eq!(paid["state"], "authorized");
    path
}

/// Makes a payment of 100.00 USD, with more members. Returns its path.
async fn made(bank: &Client, key: &str, more: &Value) -> String {
    let mut order = json!({ "amount": 10_000, "currency": "USD" });
    let members = more.as_object().expect("an object").clone();
    order.as_object_mut().expect("an object").extend(members);
    let payment = bank.pay(&format!("{key}-make"), &order).await.ok(201);
    assert_eq!(payment["state"], "requires_confirmation");
    format!("/v1/payments/{}", payment["id"].as_str().expect("an id"))
}

async fn confirm(bank: &Client, path: &str, key: &str, method: &str) -> Answer {
    let body = json!({ "payment_method": method });
    post(bank, &format!("{path}/confirm"), &format!("{key}-confirm"), &body).await
}

async fn capture(bank: &Client, path: &str, key: &str, amount: i64) -> Answer {
    post(bank, &format!("{path}/capture"), key, &json!({ "amount": amount })).await
}

async fn refund(bank: &Client, path: &str, key: &str, amount: i64) -> Answer {
    let payment = path.rsplit('/').next();
    post(bank, "/v1/refunds", key, &json!({ "payment": payment, "amount": amount })).await
}

/// Waits until the provider has given the money back.
async fn is_refunded(bank: &Client, refund: &Value) {
    let path = format!("/v1/refunds/{}", refund["id"].as_str().expect("an id"));
    eventually("the refund succeeds", async || {
        bank.get(&path).await.ok(200)["state"] == "succeeded"
    })
    .await;
}

/// Returns the balance of an account in US dollars and what of it is held.
async fn balance(bank: &Client, code: &str) -> (i64, i64) {
    let accounts = bank.get("/v1/ledger/accounts?limit=100").await.ok(200);
    let found = accounts["data"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|account| account["code"] == code && account["currency"] == "USD");
    found.map_or((0, 0), |account| {
        let number = |name: &str| account[name].as_i64().expect("a number");
        (number("balance"), number("held"))
    })
}

/// P23: all debits are all credits, and each account's balance is the sum of its postings.
pub(crate) async fn ledger_adds_up(bank: &Client) {
    let balances = bank.get("/v1/ledger/trial-balance").await.ok(200);
    let balances = balances.as_array().expect("a list");
    assert!(!balances.is_empty(), "a bank with payments has a ledger");
    for currency in balances {
        assert_eq!(currency["difference"], 0, "{currency}");
    }
    let mut sums = std::collections::BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = bank.get(&format!("/v1/ledger/entries?limit=100{after}")).await.ok(200);
        for entry in page["data"].as_array().expect("a page") {
            after = format!("&starting_after={}", entry["id"].as_str().expect("an id"));
            for posting in entry["postings"].as_array().expect("postings") {
                let account = posting["account"].as_str().expect("an id").to_owned();
                let amount = posting["amount"].as_i64().expect("a number");
                let sum: &mut i64 = sums.entry(account).or_default();
                *sum += if posting["side"] == "debit" { amount } else { -amount };
            }
        }
        if page["has_more"] == false {
            break;
        }
    }
    let accounts = bank.get("/v1/ledger/accounts?limit=100").await.ok(200);
    for account in accounts["data"].as_array().expect("a list") {
        let sum = sums.get(account["id"].as_str().expect("an id")).copied().unwrap_or_default();
        let sum = if account["normal_side"] == "debit" { sum } else { -sum };
        assert_eq!(account["balance"], sum, "{account}");
    }
}
