use axum::extract::State;
use http::StatusCode;
use kit::inbound::{
    InboundEvent, InboundEventId, InboundEventView, InboundState, NewSource, Source, SourceId,
    SourcePatch, SourceView,
};
use kit::{Json, List, PageParams, PageQuery, PathId, ProblemBody, missing};
use tenancy_axum::{CurrentContext, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::{ManageInbound, ViewInbound};
use super::fact::CONNECTORS;
use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, update, delete))
        .routes(routes!(events))
        .routes(routes!(dead))
        .routes(routes!(event))
        .routes(routes!(reprocess))
}

/// Make a source of events
///
/// It sends to `/inbound/{tenant}/{source}`. Its secret is written and never read.
#[utoipa::path(
    post,
    path = "/v1/inbound-sources",
    tag = "inbound",
    security(("bearer" = ["inbound:manage"])),
    request_body = NewSource,
    responses(
        (status = 201, body = SourceView),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn create(
    _: Permitted<ManageInbound>,
    State(app): State<App>,
    mut tx: TenantTx,
    Json(new): Json<NewSource>,
) -> Result<(StatusCode, Json<SourceView>), Problem> {
    if !CONNECTORS.contains(&new.connector.as_str()) {
        return Err(Problem::new(422, "field_invalid", "A field is not valid")
            .with_param("connector")
            .with_detail(format!("one of {} is expected", CONNECTORS.join(", "))));
    }
    let made = app.inbound().create(&mut tx, new).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// List sources of events, the newest first
#[utoipa::path(
    get,
    path = "/v1/inbound-sources",
    tag = "inbound",
    security(("bearer" = ["inbound:view"])),
    params(PageParams),
    responses((status = 200, body = List<SourceView>))
)]
async fn list(
    _: Permitted<ViewInbound>,
    mut tx: TenantTx,
    query: PageQuery<SourceId>,
) -> Result<Json<List<SourceView>>, Problem> {
    let sources = tx.repo::<Source>().list(query.page()).await?;
    Ok(Json(List::of(sources, SourceView::from)))
}

/// Read a source of events
#[utoipa::path(
    get,
    path = "/v1/inbound-sources/{id}",
    tag = "inbound",
    security(("bearer" = ["inbound:view"])),
    params(("id" = SourceId, Path)),
    responses(
        (status = 200, body = SourceView),
        (status = 404, description = "There is no such source", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewInbound>,
    mut tx: TenantTx,
    PathId(id): PathId<SourceId>,
) -> Result<Json<SourceView>, Problem> {
    let source = tx.repo::<Source>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(source.into()))
}

/// Change a source of events
#[utoipa::path(
    patch,
    path = "/v1/inbound-sources/{id}",
    tag = "inbound",
    security(("bearer" = ["inbound:manage"])),
    params(("id" = SourceId, Path)),
    request_body = SourcePatch,
    responses(
        (status = 200, body = SourceView),
        (status = 404, description = "There is no such source", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn update(
    _: Permitted<ManageInbound>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<SourceId>,
    Json(patch): Json<SourcePatch>,
) -> Result<Json<SourceView>, Problem> {
    let changed = app.inbound().update(&mut tx, id, patch).await?;
    tx.commit().await?;
    Ok(Json(changed))
}

/// Delete a source of events, with what it told
#[utoipa::path(
    delete,
    path = "/v1/inbound-sources/{id}",
    tag = "inbound",
    security(("bearer" = ["inbound:manage"])),
    params(("id" = SourceId, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "There is no such source", body = ProblemBody),
    )
)]
async fn delete(
    _: Permitted<ManageInbound>,
    mut tx: TenantTx,
    PathId(id): PathId<SourceId>,
) -> Result<StatusCode, Problem> {
    if !tx.repo::<Source>().delete(&id).await? {
        return Err(missing());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List events that came in, the newest first
#[utoipa::path(
    get,
    path = "/v1/inbound-events",
    tag = "inbound",
    security(("bearer" = ["inbound:view"])),
    params(PageParams),
    responses((status = 200, body = List<InboundEventView>))
)]
async fn events(
    _: Permitted<ViewInbound>,
    mut tx: TenantTx,
    query: PageQuery<InboundEventId>,
) -> Result<Json<List<InboundEventView>>, Problem> {
    let events = tx.repo::<InboundEvent>().list(query.page()).await?;
    Ok(Json(List::of(events, InboundEventView::from)))
}

/// List events that came in and wait for somebody to look at them, the newest first
///
/// They were tried often enough, cannot be read, or say the opposite of what is known.
#[utoipa::path(
    get,
    path = "/v1/inbound-events/dead",
    tag = "inbound",
    security(("bearer" = ["inbound:view"])),
    params(PageParams),
    responses((status = 200, body = List<InboundEventView>))
)]
async fn dead(
    _: Permitted<ViewInbound>,
    mut tx: TenantTx,
    query: PageQuery<InboundEventId>,
) -> Result<Json<List<InboundEventView>>, Problem> {
    let dead = InboundEvent::STATE.eq(InboundState::Dead);
    let dead = tenancy_core::List::from(query.page()).filter(dead);
    let events = tx.repo::<InboundEvent>().list(dead).await?;
    Ok(Json(List::of(events, InboundEventView::from)))
}

/// Read an event that came in
#[utoipa::path(
    get,
    path = "/v1/inbound-events/{id}",
    tag = "inbound",
    security(("bearer" = ["inbound:view"])),
    params(("id" = InboundEventId, Path)),
    responses(
        (status = 200, body = InboundEventView),
        (status = 404, description = "There is no such event", body = ProblemBody),
    )
)]
async fn event(
    _: Permitted<ViewInbound>,
    mut tx: TenantTx,
    PathId(id): PathId<InboundEventId>,
) -> Result<Json<InboundEventView>, Problem> {
    let event = tx.repo::<InboundEvent>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(event.into()))
}

/// Apply an event again that was not applied
#[utoipa::path(
    post,
    path = "/v1/inbound-events/{id}/reprocess",
    tag = "inbound",
    security(("bearer" = ["inbound:manage"])),
    params(("id" = InboundEventId, Path)),
    responses(
        (status = 202, body = InboundEventView),
        (status = 404, description = "There is no such event", body = ProblemBody),
        (status = 409, description = "It has been applied", body = ProblemBody),
    )
)]
async fn reprocess(
    _: Permitted<ManageInbound>,
    State(app): State<App>,
    CurrentContext(context): CurrentContext,
    mut tx: TenantTx,
    PathId(id): PathId<InboundEventId>,
) -> Result<(StatusCode, Json<InboundEventView>), Problem> {
    let event = app.inbound().reprocess(&mut tx, &context, id).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(event.into())))
}
