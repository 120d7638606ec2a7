use axum::extract::State;
use kit::audit::Audited;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::{CurrentActor, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Capture, CaptureView};
use crate::app::App;
use crate::ids::{CaptureId, PathId, PaymentId, missing};
use crate::payments::Payment;
use crate::payments::capabilities::{ResolveAttempts, ViewPayments};
use crate::payments::verdict::Verdict;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(resolve))
}

/// List the captures of a payment, the newest first
#[utoipa::path(
    get,
    path = "/v1/payments/{id}/captures",
    tag = "payments",
    security(("bearer" = ["payments:view"])),
    params(("id" = PaymentId, Path), PageParams),
    responses(
        (status = 200, body = List<CaptureView>),
        (status = 404, description = "There is no such payment", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewPayments>,
    mut tx: TenantTx,
    PathId(id): PathId<PaymentId>,
    query: PageQuery<CaptureId>,
) -> Result<Json<List<CaptureView>>, Problem> {
    tx.repo::<Payment>().get(&id).await?.ok_or_else(missing)?;
    let of_payment = tenancy_core::List::from(query.page()).filter(Capture::PAYMENT_ID.eq(id));
    let captures = tx.repo::<Capture>().list(of_payment).await?;
    Ok(Json(List::of(captures, CaptureView::from)))
}

/// Settle a capture of which its provider took something else than it was asked
#[utoipa::path(
    post,
    path = "/v1/captures/{id}/resolve",
    tag = "payments",
    security(("bearer" = ["payments:resolve"])),
    params(("id" = CaptureId, Path)),
    request_body = Verdict,
    responses(
        (status = 200, body = CaptureView),
        (status = 404, description = "There is no such capture", body = ProblemBody),
        (status = 409, description = "What has become of it is known", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn resolve(
    _: Permitted<ResolveAttempts>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    tx: TenantTx,
    PathId(id): PathId<CaptureId>,
    Json(verdict): Json<Verdict>,
) -> Result<(Audited, Json<CaptureView>), Problem> {
    let tenant = tx.tenant();
    drop(tx);
    let capture = super::resolve::resolve(&app, tenant, id, &actor, &verdict).await?;
    let evidence = capture.evidence.as_ref().map(|text| text as &dyn ToString);
    let audited = Audited::of("captures", &id).change("evidence", None, evidence);
    Ok((audited, Json(capture.into())))
}
