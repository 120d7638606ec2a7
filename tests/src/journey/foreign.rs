//! Ids of the other bank.

use serde_json::json;

use super::Cast;
use super::payments::Made;
use crate::harness::Client;

/// Well formed, and nobody's.
const RANDOM: &str = "01k8p0g2v7e9h9qk3x5t7w1zra";

/// What nordhafen has, a random id and no id at all: the same to riverside, byte by byte.
pub(super) async fn ids_are_answered_like_random_ones(cast: &Cast, made: &Made) {
    let bank = &cast.riverside;
    let payments = [made.id(), &format!("pay_{RANDOM}"), "pay_", "x", "%00", &made.customer];
    all_alike(bank, payments.map(|id| format!("/v1/payments/{id}"))).await;
    let customers = [&made.customer, &format!("cus_{RANDOM}"), "cus_0", made.id()];
    all_alike(bank, customers.map(|id| format!("/v1/customers/{id}"))).await;
    are_canceled_alike(bank, [made.id(), &format!("pay_{RANDOM}"), "nothing"]).await;
    are_charged_alike(bank, [&made.customer, &format!("cus_{RANDOM}"), made.id(), ""]).await;
    the_same_idempotency_key_is_free(bank, made).await;
    let untouched = cast.nordhafen.get(&format!("/v1/payments/{}", made.id())).await;
    assert_eq!(untouched.ok(200), made.payments[0]);
}

async fn all_alike<const N: usize>(bank: &Client, paths: [String; N]) {
    let first = bank.get(&paths[0]).await;
    first.refused(404, "resource_missing");
    for path in &paths[1..] {
        assert_eq!(bank.get(path).await.alike(), first.alike(), "{path}");
    }
}

async fn are_canceled_alike(bank: &Client, ids: [&str; 3]) {
    let cancel = async |id| bank.post(&format!("/v1/payments/{id}/cancel"), &json!({})).await;
    let first = cancel(ids[0]).await;
    first.refused(404, "resource_missing");
    for id in &ids[1..] {
        assert_eq!(cancel(id).await.alike(), first.alike(), "{id}");
    }
}

async fn are_charged_alike(bank: &Client, customers: [&str; 4]) {
    let charge = async |customer: &str| {
        let order = json!({ "amount": 1, "currency": "USD", "customer": customer });
        bank.pay("charge", &order).await
    };
    let first = charge(customers[0]).await;
    first.refused_field("customer_missing", "customer");
    for customer in &customers[1..] {
        assert_eq!(charge(customer).await.alike(), first.alike(), "{customer}");
    }
}

/// Nordhafen used it, and the reference too.
async fn the_same_idempotency_key_is_free(bank: &Client, made: &Made) {
    let order = json!({ "amount": 9_900, "currency": "EUR", "reference": "order 1" });
    let answer = bank.pay("one", &order).await;
    assert_ne!(answer.ok(201)["id"], made.id());
    assert!(!answer.headers.contains_key("idempotent-replayed"));
}
