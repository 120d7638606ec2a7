use axum::extract::State;
use http::StatusCode;
use kit::webhooks::{Attempt, AttemptId, AttemptView, Delivery, DeliveryId, DeliveryView};
use kit::{Json, List, PageParams, PageQuery, PathId, ProblemBody, missing};
use tenancy_axum::{CurrentContext, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::{ManageWebhooks, ViewWebhooks};
use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(attempts))
        .routes(routes!(replay))
}

/// List deliveries of all endpoints, the newest first
#[utoipa::path(
    get,
    path = "/v1/webhook-deliveries",
    tag = "webhooks",
    security(("bearer" = ["webhooks:view"])),
    params(PageParams),
    responses((status = 200, body = List<DeliveryView>))
)]
async fn list(
    _: Permitted<ViewWebhooks>,
    mut tx: TenantTx,
    query: PageQuery<DeliveryId>,
) -> Result<Json<List<DeliveryView>>, Problem> {
    let deliveries = tx.repo::<Delivery>().list(query.page()).await?;
    Ok(Json(List::of(deliveries, DeliveryView::from)))
}

/// Read a delivery
#[utoipa::path(
    get,
    path = "/v1/webhook-deliveries/{id}",
    tag = "webhooks",
    security(("bearer" = ["webhooks:view"])),
    params(("id" = DeliveryId, Path)),
    responses(
        (status = 200, body = DeliveryView),
        (status = 404, description = "There is no such delivery", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewWebhooks>,
    mut tx: TenantTx,
    PathId(id): PathId<DeliveryId>,
) -> Result<Json<DeliveryView>, Problem> {
    let delivery = tx.repo::<Delivery>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(delivery.into()))
}

/// List the attempts of a delivery, the newest first
#[utoipa::path(
    get,
    path = "/v1/webhook-deliveries/{id}/attempts",
    tag = "webhooks",
    security(("bearer" = ["webhooks:view"])),
    params(("id" = DeliveryId, Path), PageParams),
    responses(
        (status = 200, body = List<AttemptView>),
        (status = 404, description = "There is no such delivery", body = ProblemBody),
    )
)]
async fn attempts(
    _: Permitted<ViewWebhooks>,
    mut tx: TenantTx,
    PathId(id): PathId<DeliveryId>,
    query: PageQuery<AttemptId>,
) -> Result<Json<List<AttemptView>>, Problem> {
    tx.repo::<Delivery>().get(&id).await?.ok_or_else(missing)?;
    let of_delivery = tenancy_core::List::from(query.page()).filter(Attempt::DELIVERY_ID.eq(id));
    let attempts = tx.repo::<Attempt>().list(of_delivery).await?;
    Ok(Json(List::of(attempts, AttemptView::from)))
}

/// Send a delivery once more, with the same id
#[utoipa::path(
    post,
    path = "/v1/webhook-deliveries/{id}/replay",
    tag = "webhooks",
    security(("bearer" = ["webhooks:manage"])),
    params(("id" = DeliveryId, Path)),
    responses(
        (status = 202, body = DeliveryView),
        (status = 404, description = "There is no such delivery", body = ProblemBody),
        (status = 409, description = "It is on its way, or its endpoint is disabled",
            body = ProblemBody),
    )
)]
async fn replay(
    _: Permitted<ManageWebhooks>,
    State(app): State<App>,
    CurrentContext(context): CurrentContext,
    mut tx: TenantTx,
    PathId(id): PathId<DeliveryId>,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    let delivery = app.webhooks().replay(&mut tx, &context, id).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}
