use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use kit::audit::Audited;
use kit::{Json, List, PageParams, PageQuery, ProblemBody};
use tenancy_core::{Problem, Slice, Tenant, TenantDirectory as _, TenantId, TenantKey};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::TenantLife;
use super::create::{NewTenant, create};
use super::edit::TenantChange;
use super::view::TenantView;
use crate::app::App;
use crate::ids::{PathId, missing};
use crate::platform::{PlatformPermitted, platform_capabilities};

platform_capabilities! {
    /// See which tenants there are.
    ViewTenants = "tenants:view" for Admin Support;
    /// Make tenants.
    CreateTenants = "tenants:create" for Admin;
    /// Change what tenants are called, and what they may have.
    UpdateTenants = "tenants:update" for Admin;
}

pub(in crate::platform) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(get, update))
}

/// Make a tenant
///
/// Its owner is invited by mail. The slug is the tenant's until 180 days after its data has gone.
#[utoipa::path(
    post,
    path = "/platform/v1/tenants",
    tag = "platform",
    security(("platform" = ["tenants:create"])),
    request_body = NewTenant,
    responses(
        (status = 201, body = TenantView),
        (status = 409, description = "The slug is taken", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn make(
    _: PlatformPermitted<CreateTenants>,
    State(app): State<App>,
    Json(new): Json<NewTenant>,
) -> Result<(StatusCode, Audited, Json<TenantView>), Problem> {
    let tenant = create(&app, new).await?;
    let view = TenantView::of(&tenant, &TenantLife::plain(tenant.id()))?;
    let audited = Audited::of("tenants", &tenant.id())
        .change("slug", None, Some(tenant.slug()))
        .change("plan", None, Some(&tenant.plan().name()));
    Ok((StatusCode::CREATED, audited, Json(view)))
}

/// List tenants, the oldest first
#[utoipa::path(
    get,
    path = "/platform/v1/tenants",
    tag = "platform",
    security(("platform" = ["tenants:view"])),
    params(PageParams),
    responses((status = 200, body = List<TenantView>))
)]
async fn list(
    _: PlatformPermitted<ViewTenants>,
    State(app): State<App>,
    query: PageQuery<TenantId>,
) -> Result<Json<List<TenantView>>, Problem> {
    let mut data = Vec::new();
    let found = page(&app, query).await?;
    for tenant in found.items {
        let life = TenantLife::of(app.db(), tenant.id()).await?;
        data.push(TenantView::of(&tenant, &life)?);
    }
    Ok(Json(List::new(data, found.has_more)))
}

/// Returns a part of all tenants, in the order of their ids.
pub(in crate::platform) async fn page(
    app: &App,
    query: PageQuery<TenantId>,
) -> Result<Slice<Arc<Tenant>>, Problem> {
    let page = query.page();
    let one_more = app.tenants().list(page.start().copied(), page.limit() + 1).await?;
    Ok(Slice::from_rows(one_more, page.limit()))
}

/// Read a tenant
#[utoipa::path(
    get,
    path = "/platform/v1/tenants/{id}",
    tag = "platform",
    security(("platform" = ["tenants:view"])),
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TenantView),
        (status = 404, description = "There is no such tenant", body = ProblemBody),
    )
)]
async fn get(
    _: PlatformPermitted<ViewTenants>,
    State(app): State<App>,
    PathId(id): PathId<TenantId>,
) -> Result<Json<TenantView>, Problem> {
    view(&app, id).await
}

/// Change a tenant's name, plan or overrides
///
/// It holds on every node within a second.
#[utoipa::path(
    patch,
    path = "/platform/v1/tenants/{id}",
    tag = "platform",
    security(("platform" = ["tenants:update"])),
    params(("id" = String, Path)),
    request_body = TenantChange,
    responses(
        (status = 200, body = TenantView),
        (status = 404, description = "There is no such tenant", body = ProblemBody),
        (status = 409, description = "Somebody else was faster", body = ProblemBody),
        (status = 422, description = "A field is not valid", body = ProblemBody),
    )
)]
async fn update(
    _: PlatformPermitted<UpdateTenants>,
    State(app): State<App>,
    PathId(id): PathId<TenantId>,
    Json(change): Json<TenantChange>,
) -> Result<(Audited, Json<TenantView>), Problem> {
    let before = tenant(&app, id).await?;
    let after = change.apply(&app, &before)?;
    app.tenants().update(&after).await?;
    let (old, new) = (TenantLife::plain(id), tenant(&app, id).await?);
    let text = |view: &TenantView| view.overrides_text();
    let (was, is) = (TenantView::of(&before, &old)?, TenantView::of(&new, &old)?);
    let audited = Audited::of("tenants", &id)
        .change("name", Some(&before.name()), Some(&new.name()))
        .change("plan", Some(&before.plan().name()), Some(&new.plan().name()))
        .change("overrides", Some(&text(&was)), Some(&text(&is)));
    Ok((audited, view(&app, id).await?))
}

pub(super) async fn tenant(app: &App, id: TenantId) -> Result<Arc<Tenant>, Problem> {
    let found = app.tenants().find(&TenantKey::Id(id)).await?;
    Ok(found.ok_or_else(missing)?.tenant)
}

pub(super) async fn view(app: &App, id: TenantId) -> Result<Json<TenantView>, Problem> {
    let tenant = tenant(app, id).await?;
    let life = TenantLife::of(app.db(), id).await?;
    Ok(Json(TenantView::of(&tenant, &life)?))
}
