use kit::events::{Event, EventId, EventView};
use kit::{Json, List, PageParams, PageQuery, PathId, ProblemBody, missing};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::ViewEvents;
use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// List events, the newest first
///
/// An event is there if and only if the change it tells of is.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    security(("bearer" = ["events:view"])),
    params(PageParams),
    responses(
        (status = 200, body = List<EventView>),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewEvents>,
    mut tx: TenantTx,
    query: PageQuery<EventId>,
) -> Result<Json<List<EventView>>, Problem> {
    let events = tx.repo::<Event>().list(query.page()).await?;
    Ok(Json(List::try_of(events, EventView::try_from)?))
}

/// Read an event
#[utoipa::path(
    get,
    path = "/v1/events/{id}",
    tag = "events",
    security(("bearer" = ["events:view"])),
    params(("id" = EventId, Path)),
    responses(
        (status = 200, body = EventView),
        (status = 404, description = "There is no such event", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewEvents>,
    mut tx: TenantTx,
    PathId(id): PathId<EventId>,
) -> Result<Json<EventView>, Problem> {
    let event = tx.repo::<Event>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(event.try_into()?))
}
