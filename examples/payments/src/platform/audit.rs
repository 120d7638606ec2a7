use axum::extract::{RawPathParams, State};
use kit::audit::{AuditEntryView, AuditFilter, AuditList, AuditParams, AuditVerdictView};
use kit::{Json, ProblemBody};
use tenancy_core::audit::AuditQuery;
use tenancy_core::{Problem, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{PlatformPermitted, platform_capabilities};
use crate::app::App;
use crate::ids::missing;

platform_capabilities! {
    /// Read and check the log of what was done to tenants.
    ViewPlatformAudit = "platform-audit:view" for Admin;
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(verify))
}

/// List what was done on the platform, the newest first
///
/// Changes and refusals of the platform's own people, and requests that named no tenant. What
/// happens within a tenant stands in that tenant's log alone.
#[utoipa::path(
    get,
    path = "/platform/v1/audit",
    tag = "platform",
    security(("platform" = ["platform-audit:view"])),
    params(AuditParams),
    responses(
        (status = 200, body = AuditList),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn list(
    _: PlatformPermitted<ViewPlatformAudit>,
    State(app): State<App>,
    filter: AuditFilter,
) -> Result<Json<AuditList>, Problem> {
    let found = app.audit_log().find(TenantId::PLATFORM, &filter.query()).await?;
    Ok(Json(AuditList::of(&found, filter.limit())))
}

/// Read an entry by its number
#[utoipa::path(
    get,
    path = "/platform/v1/audit/{sequence}",
    tag = "platform",
    security(("platform" = ["platform-audit:view"])),
    params(("sequence" = u64, Path)),
    responses(
        (status = 200, body = AuditEntryView),
        (status = 404, description = "There is no such entry", body = ProblemBody),
    )
)]
async fn get(
    _: PlatformPermitted<ViewPlatformAudit>,
    State(app): State<App>,
    path: RawPathParams,
) -> Result<Json<AuditEntryView>, Problem> {
    let sequence = path.iter().next().and_then(|(_, text)| text.parse::<u64>().ok());
    let before = sequence.and_then(|sequence| sequence.checked_sub(1)).ok_or_else(missing)?;
    let query = AuditQuery::new().after(before).limit(1);
    let found = app.audit_log().find(TenantId::PLATFORM, &query).await?;
    let entry = found.first().filter(|entry| Some(entry.sequence()) == sequence);
    Ok(Json(entry.ok_or_else(missing)?.into()))
}

/// Check that the log is as it was written
#[utoipa::path(
    get,
    path = "/platform/v1/audit/verify",
    tag = "platform",
    security(("platform" = ["platform-audit:view"])),
    responses((status = 200, body = AuditVerdictView))
)]
async fn verify(
    _: PlatformPermitted<ViewPlatformAudit>,
    State(app): State<App>,
) -> Result<Json<AuditVerdictView>, Problem> {
    Ok(Json(app.audit_log().verify(TenantId::PLATFORM, None).await?.into()))
}
