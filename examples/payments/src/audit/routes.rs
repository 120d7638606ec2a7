use axum::extract::State;
use axum::response::Response;
use kit::audit::{self, AuditEntryView, AuditFilter, AuditList, AuditParams, AuditVerdictView};
use kit::{Json, ProblemBody};
use tenancy_axum::{CurrentTenant, Permitted};
use tenancy_core::Problem;
use tenancy_core::audit::AuditQuery;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::{ExportAudit, VerifyAudit, ViewAudit};
use crate::app::App;
use crate::ids::missing;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(verify))
        .routes(routes!(export))
}

/// List who did what, the newest first
///
/// `by_others=true` with `action=data.read` tells who looked at what is another's.
#[utoipa::path(
    get,
    path = "/v1/audit",
    tag = "audit",
    security(("bearer" = ["audit:view"])),
    params(AuditParams),
    responses(
        (status = 200, body = AuditList),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: Permitted<ViewAudit>,
    State(app): State<App>,
    CurrentTenant(tenant): CurrentTenant,
    filter: AuditFilter,
) -> Result<Json<AuditList>, Problem> {
    let found = app.audit_log().find(tenant.id(), &filter.query()).await?;
    Ok(Json(AuditList::of(&found, filter.limit())))
}

/// Read an entry by its number
#[utoipa::path(
    get,
    path = "/v1/audit/{sequence}",
    tag = "audit",
    security(("bearer" = ["audit:view"])),
    params(("sequence" = u64, Path)),
    responses(
        (status = 200, body = AuditEntryView),
        (status = 404, description = "There is no such entry", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewAudit>,
    State(app): State<App>,
    CurrentTenant(tenant): CurrentTenant,
    path: axum::extract::RawPathParams,
) -> Result<Json<AuditEntryView>, Problem> {
    let sequence = path.iter().next().and_then(|(_, text)| text.parse::<u64>().ok());
    let before = sequence.and_then(|sequence| sequence.checked_sub(1)).ok_or_else(missing)?;
    let query = AuditQuery::new().after(before).limit(1);
    let found = app.audit_log().find(tenant.id(), &query).await?;
    let entry = found.first().filter(|entry| Some(entry.sequence()) == sequence);
    Ok(Json(entry.ok_or_else(missing)?.into()))
}

/// Check that the log is as it was written
///
/// Reads the whole chain, and tells the first entry that was changed, removed, or put in.
#[utoipa::path(
    get,
    path = "/v1/audit/verify",
    tag = "audit",
    security(("bearer" = ["audit:verify"])),
    responses((status = 200, body = AuditVerdictView))
)]
async fn verify(
    _: Permitted<VerifyAudit>,
    State(app): State<App>,
    CurrentTenant(tenant): CurrentTenant,
) -> Result<Json<AuditVerdictView>, Problem> {
    Ok(Json(app.audit_log().verify(tenant.id(), None).await?.into()))
}

/// Take the whole log: a line of JSON for each entry, the oldest first
#[utoipa::path(
    get,
    path = "/v1/audit/export",
    tag = "audit",
    security(("bearer" = ["audit:export"])),
    responses((status = 200, body = String, content_type = "application/x-ndjson"))
)]
async fn export(
    _: Permitted<ExportAudit>,
    State(app): State<App>,
    CurrentTenant(tenant): CurrentTenant,
) -> Response {
    audit::export(app.audit_log().clone(), tenant.id())
}
