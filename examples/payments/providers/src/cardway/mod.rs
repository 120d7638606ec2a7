//! Cardway, a payment provider that speaks the public shapes of Stripe's API: forms in, JSON out,
//! payment intents that are confirmed as they are made, idempotency keys, searching by metadata.

mod answer;
mod books;
mod form;
mod intent;
mod intents;
mod refund;
mod refunds;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use self::books::Books;
use crate::desk::Desk;
use crate::outbox::Outbox;
use crate::webhooks::Scheme;

type Cardway = Arc<Desk<Books>>;

/// Returns its routes.
pub(crate) fn router() -> Router {
    let desk: Cardway = Desk::new(Outbox::new(Scheme::Stripe));
    Router::new()
        .route("/v1/balance", get(intents::balance))
        .route("/v1/payment_intents", post(intents::create))
        .route("/v1/payment_intents/search", get(intents::search))
        .route("/v1/payment_intents/{id}", get(intents::retrieve))
        .route("/v1/payment_intents/{id}/capture", post(intents::capture))
        .route("/v1/payment_intents/{id}/cancel", post(intents::cancel))
        .route("/v1/refunds", post(refunds::create).get(refunds::list))
        .with_state(desk.clone())
        .merge(crate::admin::router(desk))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Method, Request, StatusCode};
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::router;

    struct Account {
        router: axum::Router,
        key: &'static str,
    }

    impl Account {
        async fn post(&self, path: &str, idempotency: &str, form: &str) -> (StatusCode, Value) {
            let request = Request::post(path).header("idempotency-key", idempotency);
            self.send(request, form).await
        }

        async fn get(&self, path: &str) -> Value {
            self.send(Request::builder().method(Method::GET).uri(path), "").await.1
        }

        async fn send(&self, request: http::request::Builder, body: &str) -> (StatusCode, Value) {
            let request = request.header("authorization", format!("Bearer {}", self.key));
            let request = request.body(Body::from(body.to_owned())).unwrap();
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&bytes).unwrap_or_default())
        }
    }

    fn two_accounts() -> (Account, Account) {
        let router = router();
        (Account { router: router.clone(), key: "sk_one" }, Account { router, key: "sk_two" })
    }

    const MANUAL: &str = "amount=1000&currency=usd&confirm=true&capture_method=manual\
        &payment_method=pm_card&metadata[request_id]=att_1";

    #[tokio::test]
    async fn a_payment_is_reserved_captured_in_parts_and_given_back() {
        let (one, two) = two_accounts();
        let (status, made) = one.post("/v1/payment_intents", "k", MANUAL).await;
        assert_eq!((status, &made["status"]), (StatusCode::OK, &"requires_capture".into()));
        let path = format!("/v1/payment_intents/{}", made["id"].as_str().unwrap());
        let part = "amount_to_capture=400&final_capture=false&metadata[cap_1]=400";
        for _ in 0..2 {
            let (_, taken) = one.post(&format!("{path}/capture"), "c", part).await;
            assert_eq!(
                (&taken["amount_received"], &taken["amount_capturable"]),
                (&400.into(), &600.into())
            );
        }
        assert_eq!(one.get(&path).await["metadata"]["cap_1"], "400");
        let too_much = one.post(&format!("{path}/capture"), "d", "amount_to_capture=601").await;
        assert_eq!(too_much.0, StatusCode::BAD_REQUEST);
        let (_, canceled) = one.post(&format!("{path}/cancel"), "x", "").await;
        assert_eq!(
            (&canceled["status"], &canceled["amount_received"]),
            (&"succeeded".into(), &400.into())
        );
        let refund = format!(
            "payment_intent={}&amount=400&metadata[request_id]=ref_1",
            made["id"].as_str().unwrap()
        );
        assert_eq!(one.post("/v1/refunds", "r", &refund).await.1["status"], "succeeded");
        assert_eq!(one.post("/v1/refunds", "r2", &refund).await.0, StatusCode::BAD_REQUEST);
        // The other account has nothing of it.
        assert_eq!(two.get(&path).await["error"]["code"], "resource_missing");
        assert_eq!(two.post("/v1/refunds", "r", &refund).await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_key_does_its_work_once_in_each_account() {
        let (one, two) = two_accounts();
        let first = one.post("/v1/payment_intents", "k", MANUAL).await;
        assert_eq!(one.post("/v1/payment_intents", "k", MANUAL).await, first);
        let (status, other) = one.post("/v1/payment_intents", "k", "amount=2&currency=usd").await;
        assert_eq!(
            (status, &other["error"]["type"]),
            (StatusCode::BAD_REQUEST, &"idempotency_error".into())
        );
        assert_ne!(two.post("/v1/payment_intents", "k", MANUAL).await.1["id"], first.1["id"]);
        let query = "/v1/payment_intents/search?query=metadata%5B%22request_id%22%5D%3A%22att_1%22";
        let found = one.get(query).await;
        assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(found["data"][0]["id"], first.1["id"]);
    }

    #[tokio::test]
    async fn what_it_is_told_to_do_wrong_it_does() {
        let (one, two) = two_accounts();
        for does in [
            json!({ "fail_after": 500 }),
            json!({ "differ": -1 }),
            json!({ "decline": "lost_card" }),
        ] {
            let fault = json!({ "operation": "payment_intents.create", "account": "sk_one", "times": 1, "does": does });
            let add = Request::post("/_admin/faults").header("content-type", "application/json");
            assert_eq!(one.send(add, &fault.to_string()).await.0, StatusCode::NO_CONTENT);
            assert_eq!(
                two.post("/v1/payment_intents", &does.to_string(), MANUAL).await.0,
                StatusCode::OK
            );
            let (status, answer) = one.post("/v1/payment_intents", &does.to_string(), MANUAL).await;
            if does.get("fail_after").is_some() {
                assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
                let again = one.post("/v1/payment_intents", &does.to_string(), MANUAL).await;
                assert_eq!(again.0, StatusCode::OK, "the work was done");
            } else if does.get("differ").is_some() {
                assert_eq!(
                    (&answer["amount"], &answer["amount_capturable"]),
                    (&999.into(), &999.into())
                );
            } else {
                assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
                assert_eq!(answer["error"]["decline_code"], "lost_card");
                assert_eq!(answer["error"]["payment_intent"]["status"], "requires_payment_method");
            }
        }
        let calls = one.get("/_admin/calls").await;
        assert_eq!(
            calls["payment_intents.create"]["by_account"],
            json!({ "sk_one": 4, "sk_two": 3 })
        );
    }

    #[tokio::test]
    async fn nobody_is_served_without_a_key() {
        let (one, _) = two_accounts();
        let stranger = Account { router: one.router.clone(), key: "" };
        let (status, refused) = stranger.post("/v1/payment_intents", "k", MANUAL).await;
        assert_eq!(
            (status, &refused["error"]["type"]),
            (StatusCode::UNAUTHORIZED, &"invalid_request_error".into())
        );
    }
}
