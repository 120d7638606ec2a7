use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An answer as bytes, so that it can be given again as it was.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    pub(super) replayed: bool,
}

impl Answer {
    /// A first answer.
    pub(crate) fn of(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("a view is strings and numbers");
        Self { status, body, replayed: false }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let mut response = (self.status, [(CONTENT_TYPE, json)], self.body).into_response();
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
