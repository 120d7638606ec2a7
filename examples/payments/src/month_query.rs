use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use tenancy_core::usage::Month;
use tenancy_core::{Error, ErrorKind, Problem, TenantContext, TenantKey};
use utoipa::IntoParams;

/// Which month, and whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MonthQuery {
    /// A month in UTC; without it, the running one.
    #[param(example = "2026-11")]
    month: Option<String>,
    /// May name the own tenant, by id or slug, and no other.
    tenant: Option<String>,
}

impl MonthQuery {
    /// Returns the month that is asked for, if one is.
    ///
    /// # Errors
    ///
    /// 422 when it is none, 403 `tenant_mismatch` when another tenant is named.
    pub(crate) fn read(
        query: Result<Query<Self>, QueryRejection>,
        context: &TenantContext,
    ) -> Result<Option<Month>, Problem> {
        let invalid = || {
            Problem::new(422, "parameter_invalid", "A parameter is not valid")
                .with_detail("one month such as 2026-11 is expected")
                .with_param("month")
        };
        let Query(Self { month, tenant }) = query.map_err(|_| invalid())?;
        if tenant.is_some_and(|tenant| !is_own(&tenant, context)) {
            let message = "the query names another tenant than the request";
            return Err(Error::new(ErrorKind::TenantMismatch, message)
                .with_subject("tenant")
                .into());
        }
        month.map(|month| month.parse()).transpose().map_err(|_| invalid())
    }
}

fn is_own(text: &str, context: &TenantContext) -> bool {
    match TenantKey::parse(text) {
        Ok(TenantKey::Id(id)) => id == context.home_id(),
        Ok(TenantKey::Slug(slug)) => slug == *context.tenant().slug(),
        _ => false,
    }
}
