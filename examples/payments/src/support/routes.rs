use axum::extract::State;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_axum::Permitted;
use tenancy_core::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::SupportGrant;
use super::capabilities::{EndSupport, ViewSupport};
use super::grant::SupportGrantView;
use crate::app::App;
use crate::ids::{PathId, SupportGrantId, missing};
use crate::people::HomeTenant;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

/// List whom of the platform the tenant has let in, the newest first
#[utoipa::path(
    get,
    path = "/v1/support-grants",
    tag = "access",
    security(("bearer" = ["support-grants:view"])),
    params(PageParams),
    responses((status = 200, body = List<SupportGrantView>))
)]
async fn list(
    _: Permitted<ViewSupport>,
    State(app): State<App>,
    tenant: HomeTenant,
    query: PageQuery<SupportGrantId>,
) -> Result<Json<List<SupportGrantView>>, Problem> {
    let grants = app.db().read(tenant.id()).repo::<SupportGrant>().list(query.page()).await?;
    Ok(Json(List::of(grants, SupportGrantView::from)))
}

/// Send somebody of the platform away
///
/// Within a second the session is no more. Ended once, it stays as it was ended.
#[utoipa::path(
    delete,
    path = "/v1/support-grants/{id}",
    tag = "access",
    security(("bearer" = ["support-grants:end"])),
    params(("id" = SupportGrantId, Path)),
    responses(
        (status = 200, body = SupportGrantView),
        (status = 404, description = "There is no such grant", body = ProblemBody),
    )
)]
async fn end(
    _: Permitted<EndSupport>,
    State(app): State<App>,
    tenant: HomeTenant,
    PathId(id): PathId<SupportGrantId>,
) -> Result<Json<SupportGrantView>, Problem> {
    let found = app.db().read_latest(tenant.id()).repo::<SupportGrant>().get(&id).await?;
    let found = found.ok_or_else(missing)?;
    if !found.stands() {
        return Ok(Json(found.into()));
    }
    Ok(Json(super::end::end(&app, tenant.id(), found).await?.into()))
}
