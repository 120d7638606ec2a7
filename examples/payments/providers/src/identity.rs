//! A checker of identities: whether somebody is who they say, and on no list.
//!
//! What it says follows from the name: `Sanctioned …` is rejected, `Doubtful …` is for a person to
//! look at, anybody else is clear.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::fault::Twist;
use crate::outbox::Outbox;
use crate::webhooks::Scheme;

type Identity = Arc<Desk<Vec<Check>>>;

#[derive(Debug, Clone, Serialize)]
struct Check {
    id: String,
    /// The caller's own id: one is checked once.
    reference: String,
    result: Outcome,
    reasons: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Pending,
    Clear,
    Review,
    Rejected,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    reference: String,
    name: String,
    #[serde(default)]
    #[expect(dead_code, reason = "it is taken, and nothing follows from it")]
    email: Option<String>,
}

/// Returns its routes.
pub(crate) fn router() -> Router {
    let desk: Identity = Desk::new(Outbox::new(Scheme::Standard));
    Router::new()
        .route("/checks", post(check))
        .route("/checks/{reference}", get(read))
        .with_state(desk.clone())
        .merge(crate::admin::router(desk))
}

async fn check(
    State(desk): State<Identity>,
    Caller(key): Caller,
    Json(asked): Json<Asked>,
) -> Response {
    if key.is_empty() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let work = |checks: &mut Vec<Check>, twist: &Twist| {
        if let Some(done) = checks.iter().find(|check| check.reference == asked.reference) {
            return Json(done).into_response();
        }
        let (mut result, mut reasons) = found(&asked.name);
        if let Some(code) = &twist.decline {
            (result, reasons) = (Outcome::Rejected, vec![code.clone()]);
        }
        if twist.delay {
            (result, reasons) = (Outcome::Pending, Vec::new());
        }
        let id = format!("chk_{}", Uuid::now_v7().simple());
        checks.push(Check { id, reference: asked.reference, result, reasons });
        (StatusCode::CREATED, Json(checks.last())).into_response()
    };
    desk.answer("checks.create", &key, work).await
}

fn found(name: &str) -> (Outcome, Vec<String>) {
    match name.split_whitespace().next() {
        Some("Sanctioned") => (Outcome::Rejected, vec!["sanctions_list".to_owned()]),
        Some("Doubtful") => (Outcome::Review, vec!["name_differs".to_owned()]),
        _ => (Outcome::Clear, Vec::new()),
    }
}

/// A check that was to be made later is made when it is asked for.
async fn read(
    State(desk): State<Identity>,
    Caller(key): Caller,
    Path(reference): Path<String>,
) -> Response {
    let work = |checks: &mut Vec<Check>, _: &Twist| {
        let Some(check) = checks.iter_mut().find(|check| check.reference == reference) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        if check.result == Outcome::Pending {
            check.result = Outcome::Clear;
        }
        Json(check).into_response()
    };
    desk.answer("checks.read", &key, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        assert_eq!(found("Ada Brooks").0, Outcome::Clear);
        assert_eq!(found("Doubtful Ada").0, Outcome::Review);
        assert_eq!(found("Sanctioned Ada").0, Outcome::Rejected);
    }

    #[tokio::test]
    async fn a_reference_is_checked_once_for_each_account() {
        use axum::body::Body;
        use http::Request;
        use http_body_util::BodyExt as _;
        use serde_json::{Value, json};
        use tower::ServiceExt as _;

        let router = router();
        let ask = async |key: &str, name: &str| -> Value {
            let body = json!({ "reference": "cus_1", "name": name }).to_string();
            let request = Request::post("/checks")
                .header("authorization", format!("Bearer {key}"))
                .header("content-type", "application/json")
                .body(Body::from(body))
                .unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            serde_json::from_slice(&bytes).unwrap()
        };
        let first = ask("one", "Sanctioned Ada").await;
        assert_eq!(first["result"], "rejected");
        assert_eq!(ask("one", "Ada Brooks").await, first, "of one reference there is one answer");
        assert_eq!(ask("two", "Ada Brooks").await["result"], "clear");
    }
}
