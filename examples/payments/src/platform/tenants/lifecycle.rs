use axum::extract::State;
use kit::audit::Audited;
use kit::{Json, ProblemBody};
use serde::Deserialize;
use tenancy_core::{Problem, TenantId, TenantStatus};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::TenantLife;
use super::routes::{tenant, view};
use super::view::TenantView;
use crate::app::App;
use crate::ids::PathId;
use crate::line::Line;
use crate::platform::{PlatformPermitted, platform_capabilities};

platform_capabilities! {
    /// Halt tenants, and let them go on.
    SuspendTenants = "tenants:suspend" for Admin;
    /// End tenants.
    CloseTenants = "tenants:close" for Admin;
}

pub(in crate::platform) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(suspend)).routes(routes!(resume)).routes(routes!(close))
}

/// Why something is done to a tenant. It stands in the platform's log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    #[schema(value_type = String, min_length = 1, max_length = 300, example = "licence withdrawn")]
    reason: Line<300>,
}

/// Which tenant is to end, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    #[schema(value_type = String, min_length = 1, max_length = 300, example = "at its own wish")]
    reason: Line<300>,
    /// The tenant's slug, so that nobody ends the wrong one.
    #[schema(example = "harbor")]
    slug: String,
}

/// Suspend a tenant
///
/// On every node within a second its requests are refused. What was begun before is finished and
/// written down; providers are still heard; webhooks out wait until it goes on.
#[utoipa::path(
    post,
    path = "/platform/v1/tenants/{id}/suspend",
    tag = "platform",
    security(("platform" = ["tenants:suspend"])),
    params(("id" = String, Path)),
    request_body = Reason,
    responses(
        (status = 200, body = TenantView),
        (status = 404, description = "There is no such tenant", body = ProblemBody),
        (status = 409, description = "It is suspended, or closed", body = ProblemBody),
    )
)]
async fn suspend(
    _: PlatformPermitted<SuspendTenants>,
    State(app): State<App>,
    PathId(id): PathId<TenantId>,
    Json(Reason { reason }): Json<Reason>,
) -> Result<(Audited, Json<TenantView>), Problem> {
    let before = tenant(&app, id).await?.status();
    app.tenants().set_status(id, TenantStatus::Suspended).await?;
    tracing::info!(tenant.id = %id, "a tenant was suspended");
    Ok((audited(id, before, TenantStatus::Suspended, &reason), view(&app, id).await?))
}

/// Let a tenant go on
///
/// Takes a closing back too, as long as the data is there.
#[utoipa::path(
    post,
    path = "/platform/v1/tenants/{id}/resume",
    tag = "platform",
    security(("platform" = ["tenants:suspend"])),
    params(("id" = String, Path)),
    request_body = Reason,
    responses(
        (status = 200, body = TenantView),
        (status = 404, description = "There is no such tenant", body = ProblemBody),
        (status = 409, description = "It goes on already, or has gone", body = ProblemBody),
    )
)]
async fn resume(
    _: PlatformPermitted<SuspendTenants>,
    State(app): State<App>,
    PathId(id): PathId<TenantId>,
    Json(Reason { reason }): Json<Reason>,
) -> Result<(Audited, Json<TenantView>), Problem> {
    let before = tenant(&app, id).await?.status();
    let life = TenantLife::of(app.db(), id).await?;
    // From then on it is purged, and nobody comes in between.
    if before != TenantStatus::Closed && life.purge_at.is_some_and(|at| at <= app.now()) {
        return Err(Problem::new(409, "tenant_closing", "The tenant's time is over"));
    }
    // The step first: from closed there is none, and then the end stands as it is.
    app.tenants().set_status(id, TenantStatus::Active).await?;
    if life.closing_since.is_some() {
        TenantLife::plain(id).keep(app.db()).await?;
    }
    app.look_through(id);
    tracing::info!(tenant.id = %id, "a tenant goes on");
    Ok((audited(id, before, TenantStatus::Active, &reason), view(&app, id).await?))
}

/// Begin to close a tenant
///
/// For 30 days it is there to read, and the closing can be taken back. Then its people, customers,
/// secrets and events go. What is left are records of money, payments without their customers,
/// decisions about them, the ledger and the audit log. Nobody gets its slug for 180 days after that.
#[utoipa::path(
    post,
    path = "/platform/v1/tenants/{id}/close",
    tag = "platform",
    security(("platform" = ["tenants:close"])),
    params(("id" = String, Path)),
    request_body = Closing,
    responses(
        (status = 200, body = TenantView),
        (status = 404, description = "There is no such tenant", body = ProblemBody),
        (status = 409, description = "It is being closed, or has gone", body = ProblemBody),
        (status = 422, description = "It is not the tenant's slug", body = ProblemBody),
    )
)]
async fn close(
    _: PlatformPermitted<CloseTenants>,
    State(app): State<App>,
    PathId(id): PathId<TenantId>,
    Json(Closing { reason, slug }): Json<Closing>,
) -> Result<(Audited, Json<TenantView>), Problem> {
    let found = tenant(&app, id).await?;
    if found.slug().as_str() != slug {
        return Err(Problem::new(422, "field_invalid", "A field is not valid")
            .with_param("slug")
            .with_detail("the slug of the tenant to close is expected"));
    }
    let life = TenantLife::of(app.db(), id).await?;
    if life.closing_since.is_some() || found.status() == TenantStatus::Closed {
        return Err(Problem::new(409, "tenant_closing", "The tenant is being closed already"));
    }
    // Who is suspended stays so: closing opens nothing.
    let after = match found.status() {
        TenantStatus::Active => TenantStatus::ReadOnly,
        other => other,
    };
    if after != found.status() {
        app.tenants().set_status(id, after).await?;
    }
    let now = app.now();
    let closing =
        TenantLife { closing_since: Some(now), purge_at: Some(now + TenantLife::GRACE), ..life };
    closing.keep(app.db()).await?;
    tracing::info!(tenant.id = %id, "a tenant is being closed");
    Ok((audited(id, found.status(), after, &reason), view(&app, id).await?))
}

fn audited(id: TenantId, from: TenantStatus, to: TenantStatus, reason: &Line<300>) -> Audited {
    let reason = reason.as_ref().to_owned();
    Audited::of("tenants", &id).change("status", Some(&from), Some(&to)).change(
        "reason",
        None,
        Some(&reason),
    )
}
