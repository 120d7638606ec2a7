use http::Method;
use serde_json::json;

use super::bank::{Bank, id};

/// Works at one bank, and tries what it can at the other.
pub(super) struct Visitor {
    pub(super) number: usize,
    pub(super) own: Bank,
    pub(super) other: Bank,
}

impl Visitor {
    pub(super) async fn visit(self, requests: usize) {
        for at in 0..requests {
            match at % 10 {
                0 => self.makes_a_customer(at).await,
                1 | 2 => self.pays(at).await,
                3 => self.confirms(at).await,
                4 => self.reads_a_payment(at).await,
                5 => self.lists().await,
                6 => self.cancels(at).await,
                7 => self.reads_usage().await,
                8 => self.reads_anothers_payment(at).await,
                _ => self.tries_anothers_ids(at).await,
            }
        }
    }

    async fn makes_a_customer(&self, at: usize) {
        let name = format!("{} {} {at}", self.own.slug(), self.number);
        let request = self.own.client().request(Method::POST, "/v1/customers");
        let customer = self.own.send(request.json(&json!({ "name": name }))).await.ok(201);
        assert_eq!(customer["name"], name);
        self.own.customers().insert(id(&customer), customer);
    }

    /// Both banks use the same idempotency keys.
    async fn pays(&self, at: usize) {
        let key = format!("{}-{at}", self.number);
        let customer = self.own.customers().keys().next_back().cloned();
        let reference = format!("{} {key}", self.own.slug());
        let order = json!({ "amount": 1 + at, "currency": "USD", "customer": customer, "reference": reference });
        let answer = self.own.send(self.own.client().paying(&key).json(&order)).await;
        let payment = answer.ok(201);
        assert_eq!(payment["reference"], reference);
        assert!(!answer.headers.contains_key("idempotent-replayed"), "it is new");
        self.own.payments().insert(id(&payment), payment);
    }

    /// The first of two that this visitor made.
    async fn confirms(&self, at: usize) {
        let path = format!("/v1/payments/{}/confirm", self.made(at - 2));
        let key = format!("confirm {}-{at}", self.number).replace(' ', "-");
        let request = self.own.client().request(Method::POST, &path);
        let request = request.header("idempotency-key", key);
        let confirmed = self.own.send(request.json(&json!({ "payment_method": "pm_card" }))).await;
        let confirmed = confirmed.ok(200);
        assert_eq!(confirmed["state"], "succeeded");
        self.own.confirmed(confirmed);
    }

    fn made(&self, at: usize) -> String {
        let reference = format!("{} {}-{at}", self.own.slug(), self.number);
        let mine = self.own.payments().values().find(|own| own["reference"] == reference).map(id);
        mine.expect("it was made")
    }

    async fn reads_a_payment(&self, at: usize) {
        let Some(own) = nth_key(&self.own, at) else { return };
        let payment = self.own.get(&format!("/v1/payments/{own}")).await.ok(200);
        assert_eq!(id(&payment), own);
    }

    async fn lists(&self) {
        let page = self.own.get("/v1/payments?limit=10").await.ok(200);
        let anothers = self.other.payments();
        for payment in page["data"].as_array().expect("a page") {
            assert!(!anothers.contains_key(&id(payment)), "in the list of another: {payment}");
        }
    }

    /// The second of two that this visitor made.
    async fn cancels(&self, at: usize) {
        let path = format!("/v1/payments/{}/cancel", self.made(at - 4));
        let canceled = self.own.send(self.own.client().request(Method::POST, &path)).await.ok(200);
        assert_eq!(canceled["state"], "canceled");
        self.own.payments().insert(id(&canceled), canceled);
    }

    async fn reads_usage(&self) {
        let usage = self.own.get("/v1/usage").await.ok(200);
        let calls = &usage["usage"][0];
        assert_eq!(calls["meter"], "api_calls");
        assert!(
            calls["used"].as_u64() <= Some(self.own.sent() as u64),
            "more than its own: {usage}"
        );
    }

    async fn reads_anothers_payment(&self, at: usize) {
        let Some(anothers) = nth_key(&self.other, at) else { return };
        let answer = self.own.get(&format!("/v1/payments/{anothers}")).await;
        let random = self.own.get("/v1/payments/pay_01k8p0g2v7e9h9qk3x5t7w1zra").await;
        random.refused(404, "resource_missing");
        assert_eq!(answer.alike(), random.alike());
    }

    async fn tries_anothers_ids(&self, at: usize) {
        let client = self.own.client();
        let Some(payment) = nth_key(&self.other, at) else { return };
        let customer = self.other.customers().keys().next().cloned();
        match at / 10 % 3 {
            0 => {
                let cancel =
                    client.request(Method::POST, &format!("/v1/payments/{payment}/cancel"));
                self.own.send(cancel).await.refused(404, "resource_missing");
                let path = format!("/v1/payments/{payment}/confirm");
                let confirm = client.request(Method::POST, &path);
                let confirm = confirm.header("idempotency-key", format!("{}-{at}", self.number));
                let confirm = confirm.json(&json!({ "payment_method": "pm_card" }));
                self.own.send(confirm).await.refused(404, "resource_missing");
            }
            1 => {
                let order = json!({ "amount": 1, "currency": "USD", "customer": customer });
                let pay = client.paying(&format!("attack-{}-{at}", self.number)).json(&order);
                self.own.send(pay).await.refused(422, "customer_missing");
            }
            _ => {
                let list = client.request(Method::GET, "/v1/payments");
                let list = list.header("x-tenant-id", self.other.slug());
                self.own.send(list).await.refused(403, "tenant_mismatch");
            }
        }
    }
}

fn nth_key(bank: &Bank, at: usize) -> Option<String> {
    let payments = bank.payments();
    payments.keys().nth(at.checked_rem(payments.len())?).cloned()
}
