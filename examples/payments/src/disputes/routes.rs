use axum::extract::State;
use http::StatusCode;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Dispute;
use super::capabilities::{AnswerDisputes, RecordDisputes, ViewDisputes};
use super::decide::{self, Decision, Evidence};
use super::dispute::{DisputeState, DisputeView};
use super::open::NewDispute;
use crate::app::App;
use crate::ids::{DisputeId, PathId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open, list))
        .routes(routes!(get))
        .routes(routes!(submit))
        .routes(routes!(accept))
        .routes(routes!(resolve))
}

/// Write down that a payment is disputed
///
/// Its money is reserved until it is decided whose it is.
#[utoipa::path(
    post,
    path = "/v1/disputes",
    tag = "disputes",
    security(("bearer" = ["disputes:record"])),
    request_body = NewDispute,
    responses(
        (status = 201, body = DisputeView),
        (status = 409, description = "It is known already, or the payment is changing",
            body = ProblemBody),
        (status = 422, description = "More than was captured, or a field is not valid",
            body = ProblemBody),
    )
)]
async fn open(
    _: Permitted<RecordDisputes>,
    State(app): State<App>,
    mut tx: TenantTx,
    Json(new): Json<NewDispute>,
) -> Result<(StatusCode, Json<DisputeView>), Problem> {
    let dispute = super::open::open(&mut tx, new, app.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(dispute.into())))
}

/// List disputes, the newest first
#[utoipa::path(
    get,
    path = "/v1/disputes",
    tag = "disputes",
    security(("bearer" = ["disputes:view"])),
    params(PageParams),
    responses((status = 200, body = List<DisputeView>))
)]
async fn list(
    _: Permitted<ViewDisputes>,
    mut tx: TenantTx,
    query: PageQuery<DisputeId>,
) -> Result<Json<List<DisputeView>>, Problem> {
    let disputes = tx.repo::<Dispute>().list(query.page()).await?;
    Ok(Json(List::of(disputes, DisputeView::from)))
}

/// Read a dispute
#[utoipa::path(
    get,
    path = "/v1/disputes/{id}",
    tag = "disputes",
    security(("bearer" = ["disputes:view"])),
    params(("id" = DisputeId, Path)),
    responses(
        (status = 200, body = DisputeView),
        (status = 404, description = "There is no such dispute", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewDisputes>,
    mut tx: TenantTx,
    PathId(id): PathId<DisputeId>,
) -> Result<Json<DisputeView>, Problem> {
    let dispute = tx.repo::<Dispute>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(dispute.into()))
}

/// Hand evidence in
#[utoipa::path(
    post,
    path = "/v1/disputes/{id}/evidence",
    tag = "disputes",
    security(("bearer" = ["disputes:answer"])),
    params(("id" = DisputeId, Path)),
    request_body = Evidence,
    responses(
        (status = 200, body = DisputeView),
        (status = 404, description = "There is no such dispute", body = ProblemBody),
        (status = 409, description = "Its state does not allow it", body = ProblemBody),
    )
)]
async fn submit(
    _: Permitted<AnswerDisputes>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<DisputeId>,
    Json(evidence): Json<Evidence>,
) -> Result<Json<DisputeView>, Problem> {
    let dispute = decide::submit(&mut tx, id, evidence, app.now()).await?;
    tx.commit().await?;
    Ok(Json(dispute.into()))
}

/// Accept a dispute: the money is the payer's
#[utoipa::path(
    post,
    path = "/v1/disputes/{id}/accept",
    tag = "disputes",
    security(("bearer" = ["disputes:answer"])),
    params(("id" = DisputeId, Path)),
    responses(
        (status = 200, body = DisputeView),
        (status = 404, description = "There is no such dispute", body = ProblemBody),
        (status = 409, description = "Its state does not allow it", body = ProblemBody),
    )
)]
async fn accept(
    _: Permitted<AnswerDisputes>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<DisputeId>,
) -> Result<Json<DisputeView>, Problem> {
    let dispute = decide::end(&mut tx, id, DisputeState::Accepted, app.now()).await?;
    tx.commit().await?;
    Ok(Json(dispute.into()))
}

/// Write down how a dispute was decided
#[utoipa::path(
    post,
    path = "/v1/disputes/{id}/resolve",
    tag = "disputes",
    security(("bearer" = ["disputes:record"])),
    params(("id" = DisputeId, Path)),
    request_body = Decision,
    responses(
        (status = 200, body = DisputeView),
        (status = 404, description = "There is no such dispute", body = ProblemBody),
        (status = 409, description = "Its state does not allow it", body = ProblemBody),
    )
)]
async fn resolve(
    _: Permitted<RecordDisputes>,
    State(app): State<App>,
    mut tx: TenantTx,
    PathId(id): PathId<DisputeId>,
    Json(decision): Json<Decision>,
) -> Result<Json<DisputeView>, Problem> {
    let outcome = match decision {
        Decision::Won => DisputeState::Won,
        Decision::Lost => DisputeState::Lost,
    };
    let dispute = decide::end(&mut tx, id, outcome, app.now()).await?;
    tx.commit().await?;
    Ok(Json(dispute.into()))
}
