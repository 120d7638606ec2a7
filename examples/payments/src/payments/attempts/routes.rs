use axum::extract::State;
use kit::audit::Audited;
use kit::{Json, ProblemBody};
use tenancy_axum::{CurrentActor, Permitted};
use tenancy_core::Problem;
use tenancy_sqlx::TenantTx;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::resolve::{self, Resolution};
use super::{Attempt, AttemptView};
use crate::app::App;
use crate::ids::{AttemptId, PathId, missing};
use crate::payments::capabilities::{ResolveAttempts, ViewPayments};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get)).routes(routes!(resolve))
}

/// Read an attempt
#[utoipa::path(
    get,
    path = "/v1/attempts/{id}",
    tag = "payments",
    security(("bearer" = ["payments:view"])),
    params(("id" = AttemptId, Path)),
    responses(
        (status = 200, body = AttemptView),
        (status = 404, description = "There is no such attempt", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewPayments>,
    mut tx: TenantTx,
    PathId(id): PathId<AttemptId>,
) -> Result<(Audited, Json<AttemptView>), Problem> {
    let attempt = tx.repo::<Attempt>().get(&id).await?.ok_or_else(missing)?;
    Ok((Audited::of("attempts", &id), Json(attempt.into())))
}

/// Settle an attempt whose provider does not say what has become of it, or says something else
///
/// Whoever settles it says how he knows. The payment goes on from there, and the ledger follows.
/// Nobody but the attempt's provider has been asked for the money so far: after `failed` somebody
/// else may be.
#[utoipa::path(
    post,
    path = "/v1/attempts/{id}/resolve",
    tag = "payments",
    security(("bearer" = ["payments:resolve"])),
    params(("id" = AttemptId, Path)),
    request_body = Resolution,
    responses(
        (status = 200, body = AttemptView),
        (status = 404, description = "There is no such attempt", body = ProblemBody),
        (status = 409, description = "It has changed, or it is settled", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn resolve(
    _: Permitted<ResolveAttempts>,
    State(app): State<App>,
    CurrentActor(actor): CurrentActor,
    tx: TenantTx,
    PathId(id): PathId<AttemptId>,
    Json(resolution): Json<Resolution>,
) -> Result<(Audited, Json<AttemptView>), Problem> {
    let tenant = tx.tenant();
    drop(tx);
    let (before, attempt) = resolve::resolve(&app, tenant, id, &actor, &resolution).await?;
    let audited = Audited::of("attempts", &id)
        .change("state", Some(&before.as_str()), Some(&attempt.state.as_str()))
        .change("evidence", None, attempt.evidence.as_ref().map(|text| text as &dyn ToString));
    Ok((audited, Json(attempt.into())))
}
