//! What a tenant has used this month, beside what its plan allows.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use kit::{Json, ProblemBody};
use serde::Serialize;
use tenancy_axum::{CurrentContext, Permitted};
use tenancy_core::usage::{Meter, Month, Percent, Usage, Used};
use tenancy_core::{Problem, Tenant};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::capabilities;
use crate::app::App;
use crate::month_query::MonthQuery;
use crate::quota::{self, QuotaAlertView};

/// What is counted.
pub(crate) const METERS: [Meter; 3] =
    [Meter::API_CALLS, Meter::BANDWIDTH_BYTES, Meter::TRANSACTIONS];

capabilities! {
    /// See what was used, and what may be.
    ViewUsage = "usage:view"
        for Owner Admin FinanceApprover Operator Analyst Developer Auditor Support ApiKey;
}

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// A month of a tenant, as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
struct UsageView {
    /// The calendar month, in UTC.
    #[schema(example = "2026-11")]
    month: String,
    #[schema(example = "starter")]
    plan: String,
    rate_limit: RateView,
    usage: Vec<MeterView>,
    /// The thresholds that the month's transactions have passed.
    alerts: Vec<QuotaAlertView>,
}

/// At most so many requests in any window of this length.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RateLimit)]
struct RateView {
    #[schema(example = 60)]
    requests: u32,
    #[schema(example = 60)]
    window_seconds: u32,
}

/// One thing that is counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MeterUsage)]
pub(crate) struct MeterView {
    #[schema(example = "transactions")]
    meter: String,
    #[schema(example = 948)]
    used: u64,
    /// `null` when unlimited.
    #[schema(example = 1000)]
    limit: Option<u64>,
    unlimited: bool,
    /// To two decimals, rounded down; `null` when unlimited.
    #[schema(example = 94.8)]
    percentage: Option<f64>,
}

/// Read what was used this month
#[utoipa::path(
    get,
    path = "/v1/usage",
    tag = "usage",
    security(("bearer" = ["usage:view"])),
    params(MonthQuery),
    responses(
        (status = 200, body = UsageView),
        (status = 403, description = "Another tenant is named", body = ProblemBody),
        (status = 422, description = "A parameter is not valid", body = ProblemBody),
    )
)]
async fn get(
    _: Permitted<ViewUsage>,
    State(app): State<App>,
    CurrentContext(context): CurrentContext,
    query: Result<Query<MonthQuery>, QueryRejection>,
) -> Result<Json<UsageView>, Problem> {
    let month = MonthQuery::read(query, &context)?.unwrap_or_else(|| Month::of(app.now()));
    let mut usage = app.meter().usage(context.home_id(), month).await?;
    // Of the tenant itself, in test mode too: a trial uses nothing up.
    let mut tx = app.db().read(context.home_id());
    usage.add(&Meter::TRANSACTIONS, quota::used(&mut tx, month).await?);
    let alerts = quota::alerts_of(&mut tx, month).await?;
    Ok(Json(UsageView::new(&usage, alerts, context.tenant())))
}

impl UsageView {
    fn new(usage: &Usage, alerts: Vec<QuotaAlertView>, tenant: &Tenant) -> Self {
        Self {
            month: usage.month().to_string(),
            plan: tenant.plan().name().to_owned(),
            rate_limit: RateView {
                requests: tenant.requests_per_minute().get(),
                window_seconds: 60,
            },
            usage: METERS.iter().map(|meter| MeterView::new(meter, usage, tenant)).collect(),
            alerts,
        }
    }
}

impl MeterView {
    /// What the tenant was granted beside its plan counts.
    pub(crate) fn new(meter: &Meter, usage: &Usage, tenant: &Tenant) -> Self {
        let limit = tenant.limit(meter.as_str()).allowance().limit();
        let used = Used::new(usage.of(meter), limit);
        Self {
            meter: meter.to_string(),
            used: used.used(),
            limit: used.limit(),
            unlimited: used.is_unlimited(),
            percentage: used.percent().map(number),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to some 10^13 percent")]
fn number(percent: Percent) -> f64 {
    percent.hundredths() as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use tenancy_core::{TenantId, TenantSlug};

    use super::*;
    use crate::plans::plans;

    fn written(plan: &str, transactions: u64) -> serde_json::Value {
        let mut usage = Usage::new("2026-11".parse().unwrap());
        usage.add(&Meter::TRANSACTIONS, transactions);
        let plan = plans(None).plan(plan).unwrap();
        let slug = TenantSlug::parse("harbor").unwrap();
        let tenant = Tenant::new(TenantId::generate(), slug, plan);
        serde_json::to_value(&UsageView::new(&usage, Vec::new(), &tenant).usage[2]).unwrap()
    }

    #[test]
    fn limits_and_percentages() {
        let expected = serde_json::json!({
            "meter": "transactions", "used": 948, "limit": 1000, "unlimited": false,
            "percentage": 94.8,
        });
        assert_eq!(written("starter", 948), expected);
        assert_eq!(written("professional", 1)["percentage"], 0.0);
        assert_eq!(written("professional", 12_345)["percentage"], 24.69);
    }

    #[test]
    fn unlimited_is_null_and_said() {
        let expected = serde_json::json!({
            "meter": "transactions", "used": 948, "limit": null, "unlimited": true,
            "percentage": null,
        });
        assert_eq!(written("enterprise", 948), expected);
    }
}
