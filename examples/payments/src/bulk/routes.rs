use axum::extract::rejection::{QueryRejection, StringRejection};
use axum::extract::{DefaultBodyLimit, Query, State};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::{CurrentActor, Permitted};
use tenancy_core::{Problem, TenantContext};
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::batch::BatchState;
use super::capabilities::{ApproveBatches, MakeBatches, ViewBatches};
use super::item::{ItemState, ItemView};
use super::meant::Meant;
use super::result::{self, BatchView};
use super::{Batch, Item, decide, table};
use crate::app::App;
use crate::ids::{BatchId, BatchItemId, PathId, missing};

/// The largest file: ten thousand rows of some hundred letters.
const FILE: usize = 4 * 1024 * 1024;

const CSV: &str = "text/csv; charset=utf-8";

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(upload))
        .layer(DefaultBodyLimit::max(FILE))
        .routes(routes!(list))
        .routes(routes!(template))
        .routes(routes!(get))
        .routes(routes!(items))
        .routes(routes!(errors))
        .routes(routes!(result_file))
        .routes(routes!(submit))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(cancel))
}

/// Upload a file of payments
///
/// Text with commas; the first line is `amount,currency,reference,payment_method`, amounts are in
/// the smallest unit of their currency. It is looked through, and nothing is paid: `errors` tells
/// what is wrong with which row.
#[utoipa::path(
    post,
    path = "/v1/bulk/batches",
    tag = "bulk",
    security(("bearer" = ["bulk:make"])),
    params(Meant),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 201, body = BatchView),
        (status = 403, description = "The plan has no batches", body = ProblemBody),
        (status = 409, description = "The same file came before", body = ProblemBody),
        (status = 413, description = "The file is too large", body = ProblemBody),
        (status = 422, description = "The file cannot be read, or adds up to something else",
            body = ProblemBody),
    )
)]
async fn upload(
    _: Permitted<MakeBatches>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    query: Result<Query<Meant>, QueryRejection>,
    text: Result<String, StringRejection>,
) -> Result<(StatusCode, Json<BatchView>), Problem> {
    TenantContext::current()?.tenant().feature("bulk_payments").require()?;
    let Query(meant) = query.map_err(|_| not_meant())?;
    let text = text.map_err(|rejection| unread(rejection.status()))?;
    let batch = super::upload::upload(&mut tx, &actor, meant, &text, app.now()).await?;
    let view = result::view(&mut tx, batch).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// List batches and how far they are, the newest first
#[utoipa::path(
    get,
    path = "/v1/bulk/batches",
    tag = "bulk",
    security(("bearer" = ["bulk:view"])),
    params(PageParams),
    responses((status = 200, body = List<BatchView>))
)]
async fn list(
    _: Permitted<ViewBatches>,
    mut tx: TenantTx,
    query: PageQuery<BatchId>,
) -> Result<Json<List<BatchView>>, Problem> {
    let batches = tx.repo::<Batch>().list(query.page()).await?;
    Ok(Json(result::views(&mut tx, batches).await?))
}

/// Take the first line of a file with you
#[utoipa::path(
    get,
    path = "/v1/bulk/template",
    tag = "bulk",
    security(("bearer" = ["bulk:view"])),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn template(_: Permitted<ViewBatches>) -> ([(HeaderName, &'static str); 2], String) {
    let attached = "attachment; filename=\"batch.csv\"";
    ([(CONTENT_TYPE, CSV), (CONTENT_DISPOSITION, attached)], table::template())
}

/// Read a batch, and how far it is
#[utoipa::path(
    get,
    path = "/v1/bulk/batches/{id}",
    tag = "bulk",
    security(("bearer" = ["bulk:view"])),
    params(("id" = BatchId, Path)),
    responses(
        (status = 200, body = BatchView),
        (status = 404, description = "There is no such batch", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewBatches>,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
) -> Result<Json<BatchView>, Problem> {
    let batch = tx.repo::<Batch>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(result::view(&mut tx, batch).await?))
}

/// List the rows of a batch, the last one first
#[utoipa::path(
    get,
    path = "/v1/bulk/batches/{id}/items",
    tag = "bulk",
    security(("bearer" = ["bulk:view"])),
    params(("id" = BatchId, Path), PageParams),
    responses(
        (status = 200, body = List<ItemView>),
        (status = 404, description = "There is no such batch", body = ProblemBody),
    )
)]
async fn items(
    _: Permitted<ViewBatches>,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
    query: PageQuery<BatchItemId>,
) -> Result<Json<List<ItemView>>, Problem> {
    tx.repo::<Batch>().get(&id).await?.ok_or_else(missing)?;
    let of_batch = tenancy_core::List::from(query.page()).filter(Item::BATCH_ID.eq(id));
    let items = tx.repo::<Item>().list(of_batch).await?;
    Ok(Json(List::of(items, ItemView::from)))
}

/// List the rows that cannot be paid, with the column and what is wrong
#[utoipa::path(
    get,
    path = "/v1/bulk/batches/{id}/errors",
    tag = "bulk",
    security(("bearer" = ["bulk:view"])),
    params(("id" = BatchId, Path), PageParams),
    responses(
        (status = 200, body = List<ItemView>),
        (status = 404, description = "There is no such batch", body = ProblemBody),
    )
)]
async fn errors(
    _: Permitted<ViewBatches>,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
    query: PageQuery<BatchItemId>,
) -> Result<Json<List<ItemView>>, Problem> {
    tx.repo::<Batch>().get(&id).await?.ok_or_else(missing)?;
    let bad = Item::BATCH_ID.eq(id).and(Item::STATE.eq(ItemState::Bad));
    let items = tx.repo::<Item>().list(tenancy_core::List::from(query.page()).filter(bad)).await?;
    Ok(Json(List::of(items, ItemView::from)))
}

/// Take what has become of each row with you, as CSV
///
/// It has no accounts in it.
#[utoipa::path(
    get,
    path = "/v1/bulk/batches/{id}/result",
    tag = "bulk",
    security(("bearer" = ["bulk:view"])),
    params(("id" = BatchId, Path)),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 404, description = "There is no such batch", body = ProblemBody),
    )
)]
async fn result_file(
    _: Permitted<ViewBatches>,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
) -> Result<([(HeaderName, &'static str); 2], String), Problem> {
    let batch = tx.repo::<Batch>().get(&id).await?.ok_or_else(missing)?;
    let csv = result::csv(&mut tx, &batch).await?;
    let attached = "attachment; filename=\"result.csv\"";
    Ok(([(CONTENT_TYPE, CSV), (CONTENT_DISPOSITION, attached)], csv))
}

/// Hand a batch to somebody who approves it
#[utoipa::path(
    post,
    path = "/v1/bulk/batches/{id}/submit",
    tag = "bulk",
    security(("bearer" = ["bulk:make"])),
    params(("id" = BatchId, Path)),
    responses(
        (status = 200, body = BatchView),
        (status = 404, description = "There is no such batch", body = ProblemBody),
        (status = 409, description = "Its state does not allow it", body = ProblemBody),
        (status = 422, description = "It has rows that are not good", body = ProblemBody),
        (status = 429, description = "The month has no room for it", body = ProblemBody),
    )
)]
async fn submit(
    _: Permitted<MakeBatches>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
) -> Result<Json<BatchView>, Problem> {
    let batch = decide::submit(&mut tx, id, app.now()).await?;
    shown(tx, batch).await
}

/// Approve a batch that somebody else has made: its rows are paid
#[utoipa::path(
    post,
    path = "/v1/bulk/batches/{id}/approve",
    tag = "bulk",
    security(("bearer" = ["bulk:approve"])),
    params(("id" = BatchId, Path)),
    responses(
        (status = 200, body = BatchView),
        (status = 403, description = "Who has made it does not approve it", body = ProblemBody),
        (status = 404, description = "There is no such batch", body = ProblemBody),
        (status = 409, description = "Its state does not allow it", body = ProblemBody),
        (status = 429, description = "The month has no room for it: no row is paid",
            body = ProblemBody),
    )
)]
async fn approve(
    _: Permitted<ApproveBatches>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
) -> Result<Json<BatchView>, Problem> {
    let batch = decide::decide(&mut tx, id, &actor, BatchState::Running, app.now()).await?;
    let tenant = tx.tenant();
    let view = shown(tx, batch).await?;
    app.follow_up(tenant);
    Ok(view)
}

/// Reject a batch that somebody else has made
#[utoipa::path(
    post,
    path = "/v1/bulk/batches/{id}/reject",
    tag = "bulk",
    security(("bearer" = ["bulk:approve"])),
    params(("id" = BatchId, Path)),
    responses(
        (status = 200, body = BatchView),
        (status = 403, description = "Who has made it does not reject it", body = ProblemBody),
        (status = 404, description = "There is no such batch", body = ProblemBody),
        (status = 409, description = "Its state does not allow it", body = ProblemBody),
    )
)]
async fn reject(
    _: Permitted<ApproveBatches>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
) -> Result<Json<BatchView>, Problem> {
    let batch = decide::decide(&mut tx, id, &actor, BatchState::Rejected, app.now()).await?;
    shown(tx, batch).await
}

/// Give a batch up
///
/// Rows that have begun come to their end; the others are not paid.
#[utoipa::path(
    post,
    path = "/v1/bulk/batches/{id}/cancel",
    tag = "bulk",
    security(("bearer" = ["bulk:make"])),
    params(("id" = BatchId, Path)),
    responses(
        (status = 200, body = BatchView),
        (status = 404, description = "There is no such batch", body = ProblemBody),
        (status = 409, description = "Its state does not allow it", body = ProblemBody),
    )
)]
async fn cancel(
    _: Permitted<MakeBatches>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<BatchId>,
) -> Result<Json<BatchView>, Problem> {
    let batch = decide::cancel(&mut tx, id, app.now()).await?;
    shown(tx, batch).await
}

async fn shown(mut tx: TenantTx, batch: Batch) -> Result<Json<BatchView>, Problem> {
    let view = result::view(&mut tx, batch).await?;
    tx.commit().await?;
    Ok(Json(view))
}

fn not_meant() -> Problem {
    Problem::new(422, "parameter_invalid", "A parameter is not valid")
        .with_detail(
            "mode is atomic or best_effort, override is true or false, totals are like EUR:7260,USD:1200",
        )
        .with_param("mode")
}

fn unread(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(413, "body_too_large", "The file is too large");
    }
    Problem::new(422, "file_invalid", "The file cannot be read").with_detail("text is expected")
}
