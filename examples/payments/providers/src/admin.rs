//! What whoever tries a platform tells a server: how to misbehave, and where to send webhooks.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;

use crate::calls::Count;
use crate::desk::Desk;
use crate::fault::Fault;
use crate::webhooks::{Delivered, Delivery, Target};

/// Returns the routes below `/_admin`.
pub(crate) fn router<B: Default + Send + 'static>(desk: Arc<Desk<B>>) -> Router {
    Router::new()
        .route("/_admin/faults", get(faults).post(add).delete(clear))
        .route("/_admin/calls", get(calls))
        .route("/_admin/webhooks", put(target))
        .route("/_admin/webhooks/deliver", post(deliver))
        .with_state(desk)
}

async fn add<B: Default>(State(desk): State<Arc<Desk<B>>>, Json(fault): Json<Fault>) -> StatusCode {
    desk.faults.add(fault);
    StatusCode::NO_CONTENT
}

async fn faults<B: Default>(State(desk): State<Arc<Desk<B>>>) -> Json<Vec<Fault>> {
    Json(desk.faults.list())
}

async fn clear<B: Default>(State(desk): State<Arc<Desk<B>>>) -> StatusCode {
    desk.faults.clear();
    StatusCode::NO_CONTENT
}

async fn calls<B: Default>(State(desk): State<Arc<Desk<B>>>) -> Json<BTreeMap<String, Count>> {
    Json(desk.calls.list())
}

async fn target<B: Default>(
    State(desk): State<Arc<Desk<B>>>,
    Json(target): Json<Target>,
) -> StatusCode {
    desk.outbox.send_to(target);
    StatusCode::NO_CONTENT
}

async fn deliver<B: Default>(
    State(desk): State<Arc<Desk<B>>>,
    Json(delivery): Json<Delivery>,
) -> Json<Vec<Delivered>> {
    Json(desk.outbox.deliver(&delivery).await)
}
