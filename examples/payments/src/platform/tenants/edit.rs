use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use serde::Deserialize;
use tenancy_core::{Allowance, Overrides, Plan, Problem, Tenant, TenantSlug};
use utoipa::ToSchema;

use crate::app::App;
use crate::line::Line;
use crate::plans::{FEATURES, LIMITS};

/// What can be changed of a tenant. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantChange {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Line<200>>,
    #[schema(example = "enterprise")]
    plan: Option<String>,
    /// Takes the place of all that were there.
    overrides: Option<NewOverrides>,
}

/// Where a tenant is to differ from its plan.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Overrides)]
struct NewOverrides {
    #[schema(value_type = Option<u32>, minimum = 1, example = 120)]
    requests_per_minute: Option<NonZeroU32>,
    /// By the name of a feature: whether it is there.
    features: BTreeMap<String, bool>,
    /// By what is limited: a number, or null for no limit.
    limits: BTreeMap<String, Option<u64>>,
}

impl TenantChange {
    /// Returns the record with this change.
    ///
    /// # Errors
    ///
    /// 422 for a plan, a feature or a limit that nobody knows.
    pub(super) fn apply(self, app: &App, tenant: &Tenant) -> Result<Tenant, Problem> {
        let mut edit = with(tenant);
        if let Some(name) = self.name {
            edit.name = name.into_string();
        }
        if let Some(name) = self.plan {
            edit.plan = plan(app, &name)?;
        }
        if let Some(overrides) = self.overrides {
            edit.overrides = overrides.over(tenant.overrides())?;
        }
        Ok(edit.record())
    }
}

impl NewOverrides {
    /// What a tenant has set itself stays the tenant's.
    fn over(self, before: &Overrides) -> Result<Overrides, Problem> {
        let mut new = Overrides::new();
        for (name, value) in before.settings() {
            new = new.with_setting(name, value);
        }
        if let Some(requests) = self.requests_per_minute {
            new = new.with_requests_per_minute(requests);
        }
        for (name, granted) in self.features {
            known(&FEATURES, &name, "overrides.features")?;
            new = new.with_feature(name, granted);
        }
        for (name, limit) in self.limits {
            known(&LIMITS, &name, "overrides.limits")?;
            new = new.with_allowance(name, limit.map_or(Allowance::Unlimited, Allowance::AtMost));
        }
        Ok(new)
    }
}

/// A record whose parts can be changed before it is one again.
pub(super) struct Edit<'a> {
    before: &'a Tenant,
    slug: TenantSlug,
    name: String,
    plan: Arc<Plan>,
    overrides: Overrides,
}

pub(super) fn with(tenant: &Tenant) -> Edit<'_> {
    Edit {
        before: tenant,
        slug: tenant.slug().clone(),
        name: tenant.name().to_owned(),
        plan: tenant.plan().clone(),
        overrides: tenant.overrides().clone(),
    }
}

impl Edit<'_> {
    pub(super) fn slug(self, slug: TenantSlug) -> Self {
        Self { slug, ..self }
    }

    /// Of the same version: a change that came in between is not overwritten.
    pub(super) fn record(self) -> Tenant {
        let Self { before, slug, name, plan, overrides } = self;
        Tenant::new(before.id(), slug, plan)
            .with_name(name)
            .with_status(before.status())
            .with_placement(before.placement().clone())
            .with_domains(before.domains().iter().cloned())
            .with_overrides(overrides)
            .with_version(before.version())
    }
}

/// Finds a plan by its name.
///
/// # Errors
///
/// 422 `plan_unknown`.
pub(super) fn plan(app: &App, name: &str) -> Result<Arc<Plan>, Problem> {
    app.plans().plan(name).map_err(|_| {
        Problem::new(422, "plan_unknown", "There is no such plan")
            .with_detail("starter, professional or enterprise is expected")
            .with_param("plan")
    })
}

fn known(names: &[&str], name: &str, param: &'static str) -> Result<(), Problem> {
    if names.contains(&name) {
        return Ok(());
    }
    Err(Problem::new(422, "field_invalid", "A field is not valid")
        .with_param(param)
        .with_detail(format!("one of {} is expected", names.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(json: &str, before: &Overrides) -> Result<Overrides, Problem> {
        serde_json::from_str::<NewOverrides>(json).unwrap().over(before)
    }

    #[test]
    fn settings_stay_and_the_rest_is_replaced() {
        let before =
            Overrides::new().with_setting("currency", "USD").with_feature("analytics", true);
        let after = over(r#"{"limits":{"users":null,"transactions":7}}"#, &before).unwrap();
        assert_eq!((after.setting("currency"), after.feature("analytics")), (Some("USD"), None));
        assert_eq!(after.allowance("users"), Some(Allowance::Unlimited));
        assert_eq!(after.allowance("transactions"), Some(Allowance::AtMost(7)));
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        let before = Overrides::new();
        for (json, param) in [
            (r#"{"features":{"analitics":true}}"#, "overrides.features"),
            (r#"{"limits":{"seats":1}}"#, "overrides.limits"),
        ] {
            let problem = over(json, &before).unwrap_err();
            assert_eq!((problem.status(), problem.param()), (422, Some(param)));
        }
    }
}
