use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tenancy_core::{Error, ErrorKind, Problem};

/// Answers 503 when a request takes longer than `limit`: what it waits for may never answer.
///
/// Put it on a router with [`axum::middleware::from_fn`].
pub async fn within(limit: Duration, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let error = Error::new(ErrorKind::Unavailable, "answer a request: it took too long");
        Problem::from(error).into_response()
    })
}
