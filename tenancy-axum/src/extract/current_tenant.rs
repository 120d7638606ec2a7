use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use tenancy_core::{Problem, Tenant, TenantContext};

/// The tenant of the request.
///
/// It says for whom a request is, not that the caller may act for it: a host alone names a
/// tenant, for pages that need no sign-in. Ask for a [`CurrentActor`](super::CurrentActor) too
/// where a credential is needed.
///
/// Refuses with 400 `tenant_required` when the request names no tenant; `Option<CurrentTenant>`
/// is `None` then. Refuses with 500 where [`TenantLayer`](crate::TenantLayer) is missing; the log
/// says so.
///
/// ```
/// use tenancy_axum::CurrentTenant;
///
/// async fn greet(tenant: CurrentTenant) -> String {
///     format!("This is {}.", tenant.name())
/// }
///
/// async fn home(tenant: Option<CurrentTenant>) -> &'static str {
///     if tenant.is_some() { "a tenant's page" } else { "everybody's page" }
/// }
/// # use axum::{Router, routing::get};
/// # let _: Router = Router::new().route("/greet", get(greet)).route("/", get(home));
/// ```
#[derive(Debug, Clone)]
pub struct CurrentTenant(pub Arc<Tenant>);

impl Deref for CurrentTenant {
    type Target = Arc<Tenant>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentTenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let context = TenantContext::require_attached(&parts.extensions)?;
        Ok(Self(context.tenant().clone()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentTenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let context = TenantContext::attached(&parts.extensions)?;
        Ok(context.map(|context| Self(context.tenant().clone())))
    }
}
