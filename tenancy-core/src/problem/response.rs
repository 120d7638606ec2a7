use std::error::Error as _;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::Problem;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.log();
        let body = serde_json::to_vec(&self).expect("a problem is strings and numbers");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(self.status()).expect("Problem::new checks the status");
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status() == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = self.retry_after() {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl Problem {
    pub(super) fn log(&self) {
        let cause = self.cause();
        let source = cause.and_then(|cause| cause.source());
        let source = source.map(tracing::field::display);
        let cause = cause.map(tracing::field::display);
        let code = self.code();
        match self.status() {
            503 => tracing::warn!(problem.code = code, error = cause, source, "not available"),
            500.. => tracing::error!(problem.code = code, error = cause, source, "request failed"),
            _ => tracing::debug!(problem.code = code, error = cause, source, "request refused"),
        }
    }
}
