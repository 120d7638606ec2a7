use axum::extract::State;
use http::StatusCode;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::{CurrentActor, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Correction;
use super::correction::CorrectionView;
use super::decide::{Verdict, decide};
use super::request::NewCorrection;
use crate::app::App;
use crate::ids::{CorrectionId, PathId};
use crate::ledger::capabilities::{ApproveCorrections, RequestCorrections, ViewLedger};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(request, list))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

/// Ask for a correction of the ledger
///
/// Somebody else approves it. Then the entry is taken back by a reversing one, and what is right
/// is written as another.
#[utoipa::path(
    post,
    path = "/v1/ledger/corrections",
    tag = "ledger",
    security(("bearer" = ["ledger:correct"])),
    request_body = NewCorrection,
    responses(
        (status = 201, body = CorrectionView),
        (status = 409, description = "The entry is a correction itself", body = ProblemBody),
        (status = 422, description = "There is no such entry, or the legs are not balanced",
            body = ProblemBody),
    )
)]
async fn request(
    _: Permitted<RequestCorrections>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    Json(new): Json<NewCorrection>,
) -> Result<(StatusCode, Json<CorrectionView>), Problem> {
    let correction = super::request::request(&mut tx, &actor, new, app.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(correction.into())))
}

/// List corrections, the newest first
#[utoipa::path(
    get,
    path = "/v1/ledger/corrections",
    tag = "ledger",
    security(("bearer" = ["ledger:view"])),
    params(PageParams),
    responses((status = 200, body = List<CorrectionView>))
)]
async fn list(
    _: Permitted<ViewLedger>,
    mut tx: TenantTx,
    query: PageQuery<CorrectionId>,
) -> Result<Json<List<CorrectionView>>, Problem> {
    let corrections = tx.repo::<Correction>().list(query.page()).await?;
    Ok(Json(List::of(corrections, CorrectionView::from)))
}

/// Approve a correction that somebody else has asked for
#[utoipa::path(
    post,
    path = "/v1/ledger/corrections/{id}/approve",
    tag = "ledger",
    security(("bearer" = ["ledger:approve"])),
    params(("id" = CorrectionId, Path)),
    responses(
        (status = 200, body = CorrectionView),
        (status = 403, description = "Who asked for it does not approve it", body = ProblemBody),
        (status = 404, description = "There is no such correction", body = ProblemBody),
        (status = 409, description = "It has been decided", body = ProblemBody),
    )
)]
async fn approve(
    _: Permitted<ApproveCorrections>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    PathId(id): PathId<CorrectionId>,
) -> Result<Json<CorrectionView>, Problem> {
    let correction = decide(&mut tx, id, &actor, Verdict::Approve, app.now()).await?;
    tx.commit().await?;
    Ok(Json(correction.into()))
}

/// Reject a correction that somebody else has asked for
#[utoipa::path(
    post,
    path = "/v1/ledger/corrections/{id}/reject",
    tag = "ledger",
    security(("bearer" = ["ledger:approve"])),
    params(("id" = CorrectionId, Path)),
    responses(
        (status = 200, body = CorrectionView),
        (status = 403, description = "Who asked for it does not reject it", body = ProblemBody),
        (status = 404, description = "There is no such correction", body = ProblemBody),
        (status = 409, description = "It has been decided", body = ProblemBody),
    )
)]
async fn reject(
    _: Permitted<ApproveCorrections>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    mut tx: TenantTx,
    PathId(id): PathId<CorrectionId>,
) -> Result<Json<CorrectionView>, Problem> {
    let correction = decide(&mut tx, id, &actor, Verdict::Reject, app.now()).await?;
    tx.commit().await?;
    Ok(Json(correction.into()))
}
