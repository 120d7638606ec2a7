use std::any::Any;

use axum::response::{IntoResponse as _, Response};
use tenancy_core::Problem;
use tower_http::catch_panic::CatchPanicLayer;

/// Makes a panic in a handler a 500, so that the connection and its other requests live on.
pub fn catch_panics() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(answer)
}

/// The panic's message went to the log by the panic hook; it is nothing for callers.
fn answer(_: Box<dyn Any + Send>) -> Response {
    Problem::new(500, "internal", "Something went wrong").into_response()
}
