use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

/// An answer, kept for when its request comes again.
#[derive(Debug, Clone)]
pub(super) struct Answer(pub(super) StatusCode, pub(super) Value);

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self(StatusCode::OK, body)
    }

    pub(super) fn unauthorized() -> Self {
        let message = "You did not provide an API key.";
        Self::error(StatusCode::UNAUTHORIZED, "invalid_request_error", "api_key_missing", message)
    }

    pub(super) fn missing() -> Self {
        let message = "No such object.";
        Self::error(StatusCode::NOT_FOUND, "invalid_request_error", "resource_missing", message)
    }

    pub(super) fn invalid(code: &str, message: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "invalid_request_error", code, message)
    }

    pub(super) fn reused() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters.";
        Self::error(StatusCode::BAD_REQUEST, "idempotency_error", "idempotency_key_in_use", message)
    }

    fn error(status: StatusCode, kind: &str, code: &str, message: &str) -> Self {
        Self(status, json!({ "error": { "type": kind, "code": code, "message": message } }))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}
