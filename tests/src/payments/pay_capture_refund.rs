//! Pay, capture, refund, from the first request to the last cent.

use serde_json::json;

use super::{
    UNLIMITED, balance, capture, confirm, is_refunded, ledger_adds_up, made, post, refund,
};
use crate::harness::{Client, Site, on_both_stacks};

on_both_stacks!(a_payment_is_captured_and_refunded_in_parts);

async fn a_payment_is_captured_and_refunded_in_parts(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let (riverside, kita) = (server.client("riverside"), server.client("kita"));
    let before = Balances::of(&riverside).await;
    let of_kita = Balances::of(&kita).await;

    let path = made(&riverside, "k", &json!({ "capture_mode": "manual" })).await;
    let nothing = riverside.get(&path).await.ok(200);
    capture(&riverside, &path, "early", 1).await.refused(409, "payment_state");

    let confirmed = confirm(&riverside, &path, "k", "pm_card").await;
    let payment = confirmed.ok(200);
    assert_eq!(
        (&payment["state"], &payment["amount_authorized"]),
        (&"authorized".into(), &10_000.into())
    );
    let again = confirm(&riverside, &path, "k", "pm_card").await;
    assert_eq!((again.status, &again.body), (200, &confirmed.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    confirm(&riverside, &path, "k", "pm_other")
        .await
        .refused_field("idempotency_key_reused", "idempotency-key");
    confirm(&riverside, &path, "other", "pm_card").await.refused(409, "payment_state");
    assert_eq!(site.rows("holds").await, 1, "the payer's money is reserved");
    assert_eq!(Balances::of(&riverside).await, before, "and none has moved");

    let part = capture(&riverside, &path, "first", 6_000).await.ok(200);
    assert_eq!(
        (&part["state"], &part["amount_captured"]),
        (&"partially_captured".into(), &6_000.into())
    );
    let more = capture(&riverside, &path, "second", 5_000).await;
    more.refused_field("capture_exceeds_authorized", "amount");
    // 2.9 % of 60.00 and 0.30.
    let taken = Balances { receivable: 6_000, pending: 5_796, fees: 204, available: 0 };
    assert_eq!(Balances::of(&riverside).await, before.plus(&taken));

    others_learn_nothing(&kita, &path).await;

    let canceled = riverside.post(&format!("{path}/cancel"), &json!({})).await.ok(200);
    assert_eq!(
        (&canceled["state"], &canceled["amount_captured"]),
        (&"canceled".into(), &6_000.into())
    );
    capture(&riverside, &path, "late", 1).await.refused(409, "payment_state");

    let promised = refund(&riverside, &path, "back", 4_000).await;
    let promise = promised.ok(201);
    assert_eq!(
        (&promise["state"], &promise["amount_decimal"]),
        (&"pending".into(), &"40.00".into())
    );
    let again = refund(&riverside, &path, "back", 4_000).await;
    assert_eq!((again.status, &again.body), (201, &promised.body));
    let too_much = refund(&riverside, &path, "too-much", 3_000).await;
    too_much.refused_field("refund_exceeds_captured", "amount");
    is_refunded(&riverside, &promise).await;
    let rest = refund(&riverside, &path, "rest", 2_000).await.ok(201);
    is_refunded(&riverside, &rest).await;
    refund(&riverside, &path, "more", 1).await.refused_field("refund_exceeds_captured", "amount");

    let paid = riverside.get(&path).await.ok(200);
    assert_eq!(
        (&paid["amount_captured"], &paid["amount_refunded"]),
        (&6_000.into(), &6_000.into())
    );
    assert_ne!(paid["version"], nothing["version"]);
    // The fee is not given back.
    let kept = Balances { receivable: 0, pending: 5_796, fees: 204, available: -6_000 };
    assert_eq!(Balances::of(&riverside).await, before.plus(&kept));
    assert_eq!(balance(&riverside, "merchant_available").await.1, 0, "nothing is held any more");
    ledger_adds_up(&riverside).await;
    ledger_adds_up(&kita).await;
    assert_eq!(Balances::of(&kita).await, of_kita);
    crate::journey::usage::of(&riverside, "transactions", 1).await;
    crate::journey::usage::of(&kita, "transactions", 0).await;
}

/// What is riverside's is nobody's, to kita.
async fn others_learn_nothing(kita: &Client, path: &str) {
    let random = "/v1/payments/pay_01k8p0g2v7e9h9qk3x5t7w1zra";
    let id = path.rsplit('/').next();
    for tail in ["", "/attempts"] {
        let (theirs, nobodys) =
            (kita.get(&format!("{path}{tail}")).await, kita.get(&format!("{random}{tail}")).await);
        nobodys.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), nobodys.alike(), "{tail}");
    }
    for (tail, body) in
        [("confirm", json!({ "payment_method": "pm_card" })), ("capture", json!({}))]
    {
        let theirs = post(kita, &format!("{path}/{tail}"), "k-confirm", &body).await;
        let nobodys = post(kita, &format!("{random}/{tail}"), "k-nobody", &body).await;
        nobodys.refused(404, "resource_missing");
        assert_eq!(theirs.alike(), nobodys.alike(), "{tail}");
    }
    let theirs = post(kita, "/v1/refunds", "a", &json!({ "payment": id, "amount": 1 })).await;
    let random = random.rsplit('/').next();
    let nobodys = post(kita, "/v1/refunds", "b", &json!({ "payment": random, "amount": 1 })).await;
    nobodys.refused_field("payment_missing", "payment");
    assert_eq!(theirs.alike(), nobodys.alike());
    // The same key is free, and makes something of its own.
    let own = made(kita, "k", &json!({})).await;
    assert_ne!(own, path);
}

/// What stands on a bank's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Balances {
    receivable: i64,
    pending: i64,
    fees: i64,
    available: i64,
}

impl Balances {
    async fn of(bank: &Client) -> Self {
        Self {
            receivable: balance(bank, "psp_receivable").await.0,
            pending: balance(bank, "merchant_pending").await.0,
            fees: balance(bank, "fee_income").await.0,
            available: balance(bank, "merchant_available").await.0,
        }
    }

    fn plus(&self, more: &Self) -> Self {
        Self {
            receivable: self.receivable + more.receivable,
            pending: self.pending + more.pending,
            fees: self.fees + more.fees,
            available: self.available + more.available,
        }
    }
}
