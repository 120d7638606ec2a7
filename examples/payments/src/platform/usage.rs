use axum::extract::State;
use kit::{Json, List, PageParams, PageQuery};
use serde::Serialize;
use tenancy_core::audit::{AuditAction, AuditQuery};
use tenancy_core::usage::{Meter, Month};
use tenancy_core::{Error, Problem, TenantId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tenants::routes::page;
use super::{PlatformPermitted, platform_capabilities};
use crate::app::App;
use crate::quota;
use crate::usage::{METERS, MeterView};

platform_capabilities! {
    /// See how much each tenant uses, and what it was refused.
    ViewTenantsUsage = "tenants-usage:view" for Admin Support;
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What a tenant has used this month beside what it may: figures, and nothing of what they count.
#[derive(Debug, Serialize, ToSchema)]
struct TenantUsage {
    #[schema(example = "01a22fc5-8f05-75ce-a8e6-6f776dca9af0")]
    tenant: String,
    #[schema(example = "harbor")]
    slug: String,
    #[schema(example = "starter")]
    plan: String,
    #[schema(example = "2026-11")]
    month: String,
    #[schema(example = 60)]
    requests_per_minute: u32,
    usage: Vec<MeterView>,
    /// How often it came faster than its rate: 429.
    rate_limited: Refusals,
    /// How often a credential of it reached for another tenant, and was stopped.
    crossings_blocked: Refusals,
}

/// How often the log of a tenant tells of something.
#[derive(Debug, Serialize, ToSchema)]
struct Refusals {
    times: u64,
    /// The log tells of more than were counted.
    at_least: bool,
}

/// List how much each tenant uses this month, the oldest tenant first
#[utoipa::path(
    get,
    path = "/platform/v1/usage",
    tag = "platform",
    security(("platform" = ["tenants-usage:view"])),
    params(PageParams),
    responses((status = 200, body = List<TenantUsage>))
)]
async fn list(
    _: PlatformPermitted<ViewTenantsUsage>,
    State(app): State<App>,
    query: PageQuery<TenantId>,
) -> Result<Json<List<TenantUsage>>, Problem> {
    let found = page(&app, query).await?;
    let month = Month::of(app.now());
    let mut data = Vec::with_capacity(found.items.len());
    for tenant in found.items {
        let mut usage = app.meter().usage(tenant.id(), month).await?;
        let mut tx = app.db().read(tenant.id());
        usage.add(&Meter::TRANSACTIONS, quota::used(&mut tx, month).await?);
        drop(tx);
        data.push(TenantUsage {
            tenant: tenant.id().to_string(),
            slug: tenant.slug().to_string(),
            plan: tenant.plan().name().to_owned(),
            month: month.to_string(),
            requests_per_minute: tenant.requests_per_minute().get(),
            usage: METERS.iter().map(|meter| MeterView::new(meter, &usage, &tenant)).collect(),
            rate_limited: refusals(&app, tenant.id(), AuditAction::RATE_LIMITED, month).await?,
            crossings_blocked: refusals(&app, tenant.id(), AuditAction::CROSSING_BLOCKED, month)
                .await?,
        });
    }
    Ok(Json(List::new(data, found.has_more)))
}

/// Counts what a tenant's log tells of a month; an entry may stand for many alike.
async fn refusals(
    app: &App,
    tenant: TenantId,
    action: AuditAction,
    month: Month,
) -> Result<Refusals, Error> {
    let query = AuditQuery::new().action(action).since(month.start());
    let found = app.audit_log().find(tenant, &query.limit(AuditQuery::MAX_LIMIT)).await?;
    let times = found.iter().map(|entry| entry.event().times().get()).sum();
    Ok(Refusals { times, at_least: u32::try_from(found.len()) == Ok(AuditQuery::MAX_LIMIT) })
}
