//! What waits for people.

use axum::extract::State;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::{CurrentActor, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Run;
use super::capabilities::{DecideApprovals, ViewApprovals};
use super::decide::decide;
use super::run::{RunView, Verdict};
use crate::app::App;
use crate::ids::{ApprovalId, PathId, missing};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

/// List approvals, decided or not, the newest first
#[utoipa::path(
    get,
    path = "/v1/approvals",
    tag = "workflows",
    security(("bearer" = ["approvals:view"])),
    params(PageParams),
    responses((status = 200, body = List<RunView>))
)]
async fn list(
    _: Permitted<ViewApprovals>,
    mut tx: TenantTx,
    query: PageQuery<ApprovalId>,
) -> Result<Json<List<RunView>>, Problem> {
    let runs = tx.repo::<Run>().list(query.page()).await?;
    Ok(Json(List::of(runs, RunView::from)))
}

/// Read an approval
#[utoipa::path(
    get,
    path = "/v1/approvals/{id}",
    tag = "workflows",
    security(("bearer" = ["approvals:view"])),
    params(("id" = ApprovalId, Path)),
    responses(
        (status = 200, body = RunView),
        (status = 404, description = "There is no such approval", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewApprovals>,
    mut tx: TenantTx,
    PathId(id): PathId<ApprovalId>,
) -> Result<Json<RunView>, Problem> {
    let run = tx.repo::<Run>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(run.into()))
}

/// Agree to a payment that somebody else has made
#[utoipa::path(
    post,
    path = "/v1/approvals/{id}/approve",
    tag = "workflows",
    security(("bearer" = ["approvals:decide"])),
    params(("id" = ApprovalId, Path)),
    responses(
        (status = 200, body = RunView),
        (status = 403, description = "Who has made it does not decide, nor who is not asked",
            body = ProblemBody),
        (status = 404, description = "There is no such approval", body = ProblemBody),
        (status = 409, description = "It has been decided, or has expired", body = ProblemBody),
    )
)]
async fn approve(
    _: Permitted<DecideApprovals>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    tx: TenantTx,
    PathId(id): PathId<ApprovalId>,
) -> Result<Json<RunView>, Problem> {
    Ok(Json(decide(&app, tx.tenant(), id, &actor, Verdict::Approve).await?.into()))
}

/// Reject a payment that somebody else has made
#[utoipa::path(
    post,
    path = "/v1/approvals/{id}/reject",
    tag = "workflows",
    security(("bearer" = ["approvals:decide"])),
    params(("id" = ApprovalId, Path)),
    responses(
        (status = 200, body = RunView),
        (status = 403, description = "Who has made it does not decide, nor who is not asked",
            body = ProblemBody),
        (status = 404, description = "There is no such approval", body = ProblemBody),
        (status = 409, description = "It has been decided, or has expired", body = ProblemBody),
    )
)]
async fn reject(
    _: Permitted<DecideApprovals>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    tx: TenantTx,
    PathId(id): PathId<ApprovalId>,
) -> Result<Json<RunView>, Problem> {
    Ok(Json(decide(&app, tx.tenant(), id, &actor, Verdict::Reject).await?.into()))
}
