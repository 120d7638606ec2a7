use axum::extract::State;
use http::StatusCode;
use kit::webhooks::{
    DeliveryView, Endpoint, EndpointId, EndpointPatch, EndpointStats, EndpointView, NewEndpoint,
};
use kit::{Json, List, PageParams, PageQuery, PathId, ProblemBody, missing};
use serde::Deserialize;
use tenancy_axum::{CurrentContext, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::{ManageWebhooks, ViewWebhooks};
use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, update, delete))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(stats))
}

/// Make an endpoint that is told of events
///
/// Requests are signed after the Standard Webhooks specification. The secret is shown this once.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    tag = "webhooks",
    security(("bearer" = ["webhooks:manage"])),
    request_body = NewEndpoint,
    responses(
        (status = 201, body = EndpointView),
        (status = 409, description = "There are 20 endpoints already", body = ProblemBody),
        (status = 422, description = "The URL is not public https, or a field is not valid",
            body = ProblemBody),
    )
)]
async fn create(
    _: Permitted<ManageWebhooks>,
    State(app): State<App>,
    mut tx: TenantTx,
    Json(new): Json<NewEndpoint>,
) -> Result<(StatusCode, Json<EndpointView>), Problem> {
    let made = app.webhooks().create(&mut tx, new).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// List endpoints, the newest first
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    tag = "webhooks",
    security(("bearer" = ["webhooks:view"])),
    params(PageParams),
    responses((status = 200, body = List<EndpointView>))
)]
async fn list(
    _: Permitted<ViewWebhooks>,
    mut tx: TenantTx,
    query: PageQuery<EndpointId>,
) -> Result<Json<List<EndpointView>>, Problem> {
    let endpoints = tx.repo::<Endpoint>().list(query.page()).await?;
    Ok(Json(List::of(endpoints, EndpointView::from)))
}

/// Read an endpoint
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}",
    tag = "webhooks",
    security(("bearer" = ["webhooks:view"])),
    params(("id" = EndpointId, Path)),
    responses(
        (status = 200, body = EndpointView),
        (status = 404, description = "There is no such endpoint", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewWebhooks>,
    mut tx: TenantTx,
    PathId(id): PathId<EndpointId>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = tx.repo::<Endpoint>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(endpoint.into()))
}

/// Change an endpoint, or enable it again
#[utoipa::path(
    patch,
    path = "/v1/webhook-endpoints/{id}",
    tag = "webhooks",
    security(("bearer" = ["webhooks:manage"])),
    params(("id" = EndpointId, Path)),
    request_body = EndpointPatch,
    responses(
        (status = 200, body = EndpointView),
        (status = 404, description = "There is no such endpoint", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn update(
    _: Permitted<ManageWebhooks>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<EndpointId>,
    Json(patch): Json<EndpointPatch>,
) -> Result<Json<EndpointView>, Problem> {
    let changed = app.webhooks().update(&mut tx, id, patch).await?;
    tx.commit().await?;
    Ok(Json(changed))
}

/// Delete an endpoint, with its deliveries
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{id}",
    tag = "webhooks",
    security(("bearer" = ["webhooks:manage"])),
    params(("id" = EndpointId, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "There is no such endpoint", body = ProblemBody),
    )
)]
async fn delete(
    _: Permitted<ManageWebhooks>,
    mut tx: TenantTx,
    PathId(id): PathId<EndpointId>,
) -> Result<StatusCode, Problem> {
    if !tx.repo::<Endpoint>().delete(&id).await? {
        return Err(missing());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new secret
///
/// It is shown this once. For 24 hours requests carry the signature of the one before it too.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/rotate-secret",
    tag = "webhooks",
    security(("bearer" = ["webhooks:manage"])),
    params(("id" = EndpointId, Path)),
    responses(
        (status = 200, body = EndpointView),
        (status = 404, description = "There is no such endpoint", body = ProblemBody),
    )
)]
async fn rotate(
    _: Permitted<ManageWebhooks>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<EndpointId>,
) -> Result<Json<EndpointView>, Problem> {
    let rotated = app.webhooks().rotate(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(rotated))
}

/// Send an event to an endpoint, to try it
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/test",
    tag = "webhooks",
    security(("bearer" = ["webhooks:manage"])),
    params(("id" = EndpointId, Path)),
    responses(
        (status = 202, body = DeliveryView),
        (status = 404, description = "There is no such endpoint", body = ProblemBody),
        (status = 409, description = "It is disabled", body = ProblemBody),
    )
)]
async fn test(
    _: Permitted<ManageWebhooks>,
    State(app): State<App>,
    CurrentContext(context): CurrentContext,
    mut tx: TenantTx,
    PathId(id): PathId<EndpointId>,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    let delivery = app.webhooks().test(&mut tx, &context, id).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}

/// Which events to send once more: those that happened in this time, both ends included.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayRange {
    #[serde(with = "time::serde::rfc3339")]
    from: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    to: OffsetDateTime,
}

/// Send the events of a time once more, with the same ids
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/replay",
    tag = "webhooks",
    security(("bearer" = ["webhooks:manage"])),
    params(("id" = EndpointId, Path)),
    request_body = ReplayRange,
    responses(
        (status = 202, description = "They are on their way: see the deliveries"),
        (status = 404, description = "There is no such endpoint", body = ProblemBody),
        (status = 409, description = "It is disabled", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn replay(
    _: Permitted<ManageWebhooks>,
    State(app): State<App>,
    CurrentContext(context): CurrentContext,
    mut tx: TenantTx,
    PathId(id): PathId<EndpointId>,
    Json(range): Json<ReplayRange>,
) -> Result<StatusCode, Problem> {
    let range = (range.from, range.to);
    app.webhooks().replay_range(&mut tx, &context, id, range).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

/// Tell how an endpoint has answered in the last 24 hours
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}/stats",
    tag = "webhooks",
    security(("bearer" = ["webhooks:view"])),
    params(("id" = EndpointId, Path)),
    responses(
        (status = 200, body = EndpointStats),
        (status = 404, description = "There is no such endpoint", body = ProblemBody),
    )
)]
async fn stats(
    _: Permitted<ViewWebhooks>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<EndpointId>,
) -> Result<Json<EndpointStats>, Problem> {
    tx.repo::<Endpoint>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(EndpointStats::of(&mut tx, id, app.now()).await?))
}
