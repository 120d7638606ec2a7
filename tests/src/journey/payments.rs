//! Payments and customers of one bank, while the other has its own.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Cast;
use crate::harness::Client;

/// What nordhafen made.
pub(super) struct Made {
    pub(super) customer: String,
    pub(super) payments: Vec<Value>,
}

impl Made {
    pub(super) fn id(&self) -> &str {
        id(&self.payments[0])
    }
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().expect("an id")
}

pub(super) async fn are_made_once(cast: &Cast) -> Made {
    let bank = &cast.nordhafen;
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@customers.example" });
    let customer = bank.post("/v1/customers", &ada).await.ok(201);
    let read = bank.get(&format!("/v1/customers/{}", id(&customer))).await;
    assert_eq!((read.ok(200), &customer["name"]), (customer.clone(), &ada["name"]));

    let order = json!({
        "amount": 9_900, "currency": "EUR", "customer": id(&customer), "reference": "order 1",
    });
    let first = bank.pay("one", &order).await;
    let payment = first.ok(201);
    for field in ["amount", "currency", "customer", "reference"] {
        assert_eq!(payment[field], order[field], "{field}");
    }
    assert_eq!((&payment["amount_decimal"], &payment["version"]), (&"99.00".into(), &1.into()));
    assert!(!first.headers.contains_key("idempotent-replayed"));

    let again = bank.pay("one", &order).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");

    let dearer = json!({ "amount": 9_901, "currency": "EUR" });
    bank.pay("one", &dearer).await.refused_field("idempotency_key_reused", "idempotency-key");
    let same_reference = bank.pay("two", &order).await;
    assert_eq!(same_reference.refused(409, "reference_taken")["param"], "reference");

    let second = bank.pay("three", &dearer).await.ok(201);
    let read = bank.get(&format!("/v1/payments/{}", id(&payment))).await;
    assert_eq!(read.ok(200), payment);
    Made { customer: id(&customer).to_owned(), payments: vec![payment, second] }
}

pub(super) async fn are_listed_page_by_page(cast: &Cast) {
    let all = ids(&cast.nordhafen, 100).await;
    // Thirty were there before.
    assert_eq!(all.len(), 32);
    assert!(all.iter().is_sorted_by(|newer, older| newer > older), "the newest first");
    for limit in [1, 7, 32] {
        assert_eq!(ids(&cast.nordhafen, limit).await, all, "in pages of {limit}");
    }
    a_payment_made_meanwhile_moves_no_page(&cast.nordhafen, &all).await;
    let others = ids(&cast.riverside, 100).await;
    let shared = HashSet::<&String>::from_iter(&all);
    assert!(others.len() == 31 && others.iter().all(|id| !shared.contains(id)));
}

async fn a_payment_made_meanwhile_moves_no_page(bank: &Client, before: &[String]) {
    let meanwhile = json!({ "amount": 1, "currency": "EUR" });
    let newest = bank.pay("meanwhile", &meanwhile).await.ok(201);
    let path = format!("/v1/payments?limit=7&starting_after={}", before[6]);
    let page = bank.get(&path).await.ok(200);
    let page = page["data"].as_array().expect("a page").iter().map(id);
    assert!(page.eq(&before[7..14]), "the second page is what it would have been");
    assert_eq!(ids(bank, 7).await[0], id(&newest), "and the first one begins with the newest");
}

/// Follows the pages to the end.
async fn ids(bank: &Client, limit: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    loop {
        let after = ids.last().map(|id| format!("&starting_after={id}")).unwrap_or_default();
        let page = bank.get(&format!("/v1/payments?limit={limit}{after}")).await.ok(200);
        let data = page["data"].as_array().expect("a page");
        assert!(data.len() <= limit);
        ids.extend(data.iter().map(|payment| id(payment).to_owned()));
        if page["has_more"] == false {
            return ids;
        }
        assert_eq!(data.len(), limit, "a page before the last is full");
    }
}

pub(super) async fn are_canceled_once(cast: &Cast, made: &Made) {
    let path = format!("/v1/payments/{}/cancel", id(&made.payments[1]));
    let stale = cast.nordhafen.post(&path, &json!({ "version": 7 })).await;
    assert_eq!(stale.refused(409, "payment_changed")["param"], "version");

    let canceled = cast.nordhafen.post(&path, &json!({ "version": 1 })).await.ok(200);
    assert_eq!((&canceled["state"], &canceled["version"]), (&"canceled".into(), &2.into()));
    let read = cast.nordhafen.get(&format!("/v1/payments/{}", id(&canceled))).await;
    assert_eq!(read.ok(200), canceled);

    let twice = cast.nordhafen.send(cast.nordhafen.request(http::Method::POST, &path)).await;
    twice.refused(409, "payment_not_cancelable");
    // A replay tells what was answered, not what has become of it.
    let dearer = json!({ "amount": 9_901, "currency": "EUR" });
    assert_eq!(cast.nordhafen.pay("three", &dearer).await.ok(201), made.payments[1]);
}

pub(super) async fn are_confirmed_once(cast: &Cast, made: &Made) {
    let path = format!("/v1/payments/{}/confirm", made.id());
    let confirm = async |bank: &Client| {
        let request = bank.request(http::Method::POST, &path).header("idempotency-key", "confirm");
        bank.send(request.json(&json!({ "payment_method": "pm_card" }))).await
    };
    let first = confirm(&cast.nordhafen).await;
    let paid = first.ok(200);
    assert_eq!((&paid["state"], &paid["amount_captured"]), (&"succeeded".into(), &9_900.into()));
    let again = confirm(&cast.nordhafen).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    confirm(&cast.riverside).await.refused(404, "resource_missing");
}
