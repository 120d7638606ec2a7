use axum::extract::State;
use kit::audit::Audited;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::{CurrentActor, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Refund;
use super::capabilities::{CreateRefunds, ResolveRefunds, ViewRefunds};
use super::create::NewRefund;
use super::refund::RefundView;
use crate::app::App;
use crate::idempotency::{Answer, Idempotency};
use crate::ids::{PathId, RefundId, missing};
use crate::payments::verdict::Verdict;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get)).routes(routes!(resolve))
}

/// Give money back
///
/// The refund is pending until the provider says what came of it.
#[utoipa::path(
    post,
    path = "/v1/refunds",
    tag = "refunds",
    security(("bearer" = ["refunds:create"])),
    params(("idempotency-key" = String, Header, min_length = 1, max_length = 255,
        description = "Chosen by the caller, one for each refund; visible ASCII")),
    request_body = NewRefund,
    responses(
        (status = 201, body = RefundView),
        (status = 400, description = "The idempotency key is missing", body = ProblemBody),
        (status = 409, description = "The key or the payment is in use", body = ProblemBody),
        (status = 422, description = "More than was captured, or a field is not valid",
            body = ProblemBody),
    )
)]
async fn create(
    _: Permitted<CreateRefunds>,
    State(app): State<App>,
    tx: TenantTx,
    idempotency: Result<Idempotency, Problem>,
    Json(new): Json<NewRefund>,
) -> Result<Answer, Problem> {
    super::create::create(app, idempotency?, tx.tenant(), new).await
}

/// List refunds, the newest first
#[utoipa::path(
    get,
    path = "/v1/refunds",
    tag = "refunds",
    security(("bearer" = ["refunds:view"])),
    params(PageParams),
    responses(
        (status = 200, body = List<RefundView>),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewRefunds>,
    mut tx: TenantTx,
    query: PageQuery<RefundId>,
) -> Result<Json<List<RefundView>>, Problem> {
    let refunds = tx.repo::<Refund>().list(query.page()).await?;
    Ok(Json(List::of(refunds, RefundView::from)))
}

/// Read a refund
#[utoipa::path(
    get,
    path = "/v1/refunds/{id}",
    tag = "refunds",
    security(("bearer" = ["refunds:view"])),
    params(("id" = RefundId, Path)),
    responses(
        (status = 200, body = RefundView),
        (status = 404, description = "There is no such refund", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewRefunds>,
    mut tx: TenantTx,
    PathId(id): PathId<RefundId>,
) -> Result<Json<RefundView>, Problem> {
    let refund = tx.repo::<Refund>().get(&id).await?.ok_or_else(missing)?;
    Ok(Json(refund.into()))
}

/// Settle a refund of which its provider gave back something else than it was asked
#[utoipa::path(
    post,
    path = "/v1/refunds/{id}/resolve",
    tag = "refunds",
    security(("bearer" = ["refunds:resolve"])),
    params(("id" = RefundId, Path)),
    request_body = Verdict,
    responses(
        (status = 200, body = RefundView),
        (status = 404, description = "There is no such refund", body = ProblemBody),
        (status = 409, description = "What has become of it is known", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn resolve(
    _: Permitted<ResolveRefunds>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    tx: TenantTx,
    PathId(id): PathId<RefundId>,
    Json(verdict): Json<Verdict>,
) -> Result<(Audited, Json<RefundView>), Problem> {
    let tenant = tx.tenant();
    drop(tx);
    let refund = super::resolve::resolve(&app, tenant, id, &actor, &verdict).await?;
    let evidence = refund.evidence.as_ref().map(|text| text as &dyn ToString);
    let audited = Audited::of("refunds", &id).change("evidence", None, evidence);
    Ok((audited, Json(refund.into())))
}
