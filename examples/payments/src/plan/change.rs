use std::sync::Arc;

use tenancy_core::{
    Error, ErrorKind, Plan, Problem, Tenant, TenantDirectory as _, TenantId, TenantKey,
};

use crate::app::App;

/// Gives a tenant another plan. All nodes hear of it within a second; what was used stays used.
///
/// # Errors
///
/// 422 `plan_unknown`; 409 when the tenant's record was changed by somebody else at this moment.
pub(super) async fn change(app: &App, tenant: TenantId, name: &str) -> Result<Arc<Plan>, Problem> {
    let plan = app.plans().plan(name).map_err(|_| unknown())?;
    let found = app.tenants().find(&TenantKey::Id(tenant)).await?.ok_or_else(gone)?;
    let changed = with_plan(&found.tenant, plan.clone());
    app.tenants().update(&changed).await?;
    tracing::info!(tenant.id = %tenant, plan = plan.name(), "a plan was changed");
    Ok(plan)
}

/// All of a record but its plan.
fn with_plan(tenant: &Tenant, plan: Arc<Plan>) -> Tenant {
    Tenant::new(tenant.id(), tenant.slug().clone(), plan)
        .with_name(tenant.name())
        .with_status(tenant.status())
        .with_placement(tenant.placement().clone())
        .with_domains(tenant.domains().iter().cloned())
        .with_overrides(tenant.overrides().clone())
        .with_version(tenant.version())
}

fn unknown() -> Problem {
    Problem::new(422, "plan_unknown", "There is no such plan")
        .with_detail("starter, professional or enterprise is expected")
        .with_param("plan")
}

fn gone() -> Error {
    Error::new(ErrorKind::TenantUnknown, "change a plan: the tenant is not there any more")
}
