//! Whether the process lives, and whether it can serve.

use std::time::Duration;

use axum::extract::State;
use kit::{Json, ProblemBody};
use serde::Serialize;
use tenancy_core::{Error, Problem};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(ready))
}

#[derive(Debug, Serialize, ToSchema)]
struct Status {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Tell whether the process lives
#[utoipa::path(
    get, path = "/health", tag = "probes", security(()),
    responses((status = 200, body = Status))
)]
async fn health() -> Json<Status> {
    Json(Status { status: "ok" })
}

/// Tell whether everything behind it answers
#[utoipa::path(
    get, path = "/ready", tag = "probes", security(()),
    responses(
        (status = 200, body = Status),
        (status = 503, description = "The detail names what does not answer", body = ProblemBody),
    )
)]
async fn ready(State(app): State<App>) -> Result<Json<Status>, Problem> {
    let (database, redis) = tokio::join!(app.db().ping(), ping_redis(&app));
    let silent: Vec<_> = [("database", database), ("redis", redis)]
        .into_iter()
        .filter_map(|(name, answer)| answer.is_err().then_some(name))
        .collect();
    if silent.is_empty() {
        return Ok(Json(Status { status: "ready" }));
    }
    Err(Problem::new(503, "not_ready", "The service is not ready")
        .with_detail(format!("no answer from: {}", silent.join(", ")))
        .with_retry_after(Duration::from_secs(1)))
}

async fn ping_redis(app: &App) -> Result<(), Error> {
    match app.redis() {
        Some(redis) => redis.ping().await,
        None => Ok(()),
    }
}
