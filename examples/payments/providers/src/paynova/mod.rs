//! Paynova, a payment provider with an API of its own: JSON, amounts as people write them, and
//! requests that are signed with the account's secret.
//!
//! Everything asked of it is an operation under the caller's own id, which it does once. Accounts
//! are made by `POST /_admin/accounts`, with a key and a secret.

mod books;
mod operation;
mod routes;
mod signed;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

use self::books::Books;
use crate::desk::Desk;
use crate::outbox::Outbox;
use crate::webhooks::Scheme;

type Paynova = Arc<Desk<Books>>;

/// Returns its routes.
pub(crate) fn router() -> Router {
    let desk: Paynova = Desk::new(Outbox::new(Scheme::Standard));
    Router::new()
        .route("/api/ping", get(routes::ping))
        .route("/api/payments", post(routes::pay))
        .route("/api/payments/{id}/charges", post(routes::charge))
        .route("/api/payments/{id}/refunds", post(routes::refund))
        .route("/api/payments/{id}/reservation", delete(routes::release))
        .route("/api/operations/{external}", get(routes::find))
        .route("/_admin/accounts", post(routes::account))
        .with_state(desk.clone())
        .merge(crate::admin::router(desk))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Request, StatusCode};
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::router;
    use super::signed::signature;

    struct Account {
        router: axum::Router,
        key: &'static str,
        secret: &'static str,
    }

    impl Account {
        async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let seconds = crate::outbox::now();
            let signed = signature(self.secret, seconds, method, path, body.as_bytes());
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", "application/json")
                .header("x-paynova-key", self.key)
                .header("x-paynova-timestamp", seconds)
                .header("x-paynova-signature", signed);
            let request = request.body(Body::from(body)).unwrap();
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&bytes).unwrap_or_default())
        }
    }

    async fn two_accounts() -> (Account, Account) {
        let router = router();
        let one = Account { router: router.clone(), key: "one", secret: "first secret" };
        let two = Account { router, key: "two", secret: "second secret" };
        for account in [&one, &two] {
            let body = json!({ "key": account.key, "secret": account.secret });
            let (status, _) = account.call("POST", "/_admin/accounts", body).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
        (one, two)
    }

    fn payment(external: &str, mode: &str) -> Value {
        let money = json!({ "value": "10.00", "currency": "EUR" });
        json!({ "externalId": external, "money": money, "source": "tok_card", "mode": mode })
    }

    #[tokio::test]
    async fn a_payment_is_reserved_charged_in_parts_and_given_back() {
        let (one, two) = two_accounts().await;
        let (_, made) = one.call("POST", "/api/payments", payment("att_1", "reserve")).await;
        assert_eq!((&made["status"], &made["type"]), (&"DONE".into(), &"payment".into()));
        let path = format!("/api/payments/{}", made["paymentId"].as_str().unwrap());
        let part =
            json!({ "externalId": "cap_1", "money": { "value": "4.00", "currency": "EUR" } });
        let (_, first) = one.call("POST", &format!("{path}/charges"), part.clone()).await;
        let (_, again) = one.call("POST", &format!("{path}/charges"), part).await;
        assert_eq!(again, first, "once");
        let rest =
            json!({ "externalId": "cap_2", "money": { "value": "6.01", "currency": "EUR" } });
        let (_, refused) = one.call("POST", &format!("{path}/charges"), rest).await;
        assert_eq!(
            (&refused["status"], &refused["reason"]),
            (&"REFUSED".into(), &"AMOUNT_TOO_LARGE".into())
        );
        for _ in 0..2 {
            let (status, _) = one.call("DELETE", &format!("{path}/reservation"), Value::Null).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
        let back =
            json!({ "externalId": "ref_1", "money": { "value": "4.00", "currency": "EUR" } });
        assert_eq!(
            one.call("POST", &format!("{path}/refunds"), back.clone()).await.1["status"],
            "DONE"
        );
        assert_eq!(one.call("GET", "/api/operations/ref_1", Value::Null).await.1["type"], "refund");
        // The other account has nothing of it.
        assert_eq!(
            two.call("GET", "/api/operations/att_1", Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            two.call("POST", &format!("{path}/refunds"), back).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            two.call("DELETE", &format!("{path}/reservation"), Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
    }

    #[tokio::test]
    async fn only_the_secret_of_the_key_signs_for_it() {
        let (one, two) = two_accounts().await;
        let forged = Account { router: one.router.clone(), key: one.key, secret: two.secret };
        let nobody = Account { router: one.router.clone(), key: "three", secret: "" };
        for stranger in [&forged, &nobody] {
            let (status, _) = stranger.call("POST", "/api/payments", payment("a", "charge")).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(
            one.call("GET", "/api/operations/a", Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
    }
}
