use std::collections::BTreeMap;

use axum::extract::State;
use kit::{Json, ProblemBody};
use serde::{Deserialize, Serialize};
use tenancy_axum::{CurrentContext, Permitted};
use tenancy_core::{Plan, Problem};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capabilities::{ChangePlan, ViewPlan};
use crate::app::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get)).routes(routes!(change))
}

/// What a plan allows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
struct PlanView {
    #[schema(example = "professional")]
    plan: String,
    #[schema(example = 300)]
    requests_per_minute: u32,
    features: Vec<String>,
    /// By what is limited: a number, or null for no limit.
    limits: BTreeMap<String, Option<u64>>,
}

impl From<&Plan> for PlanView {
    fn from(plan: &Plan) -> Self {
        let limit =
            |(of, allowance): (&str, tenancy_core::Allowance)| (of.to_owned(), allowance.limit());
        Self {
            plan: plan.name().to_owned(),
            requests_per_minute: plan.requests_per_minute().get(),
            features: plan.features().map(ToOwned::to_owned).collect(),
            limits: plan.allowances().map(limit).collect(),
        }
    }
}

/// Which plan it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPlan {
    #[schema(example = "professional")]
    plan: String,
}

/// Read the tenant's plan
#[utoipa::path(
    get,
    path = "/v1/plan",
    tag = "usage",
    security(("bearer" = ["plan:view"])),
    responses((status = 200, body = PlanView))
)]
async fn get(_: Permitted<ViewPlan>, CurrentContext(context): CurrentContext) -> Json<PlanView> {
    Json(PlanView::from(&**context.tenant().plan()))
}

/// Change the tenant's plan
///
/// It holds on every node within a second, for test mode too.
#[utoipa::path(
    post,
    path = "/v1/plan/change",
    tag = "usage",
    security(("bearer" = ["plan:change"])),
    request_body = NewPlan,
    responses(
        (status = 200, body = PlanView),
        (status = 409, description = "Somebody else was faster", body = ProblemBody),
        (status = 422, description = "There is no such plan", body = ProblemBody),
    )
)]
async fn change(
    _: Permitted<ChangePlan>,
    State(app): State<App>,
    CurrentContext(context): CurrentContext,
    Json(new): Json<NewPlan>,
) -> Result<Json<PlanView>, Problem> {
    let plan = super::change::change(&app, context.home_id(), &new.plan).await?;
    Ok(Json(PlanView::from(&*plan)))
}
