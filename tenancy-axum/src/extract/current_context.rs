use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use tenancy_core::{Problem, TenantContext};

/// The context of the request: its tenant, how that is known, who acts, the request's id.
///
/// Refuses like [`CurrentTenant`](super::CurrentTenant).
///
/// ```
/// use tenancy_axum::CurrentContext;
///
/// async fn how(CurrentContext(context): CurrentContext) -> String {
///     format!("{} by {}", context.tenant().slug(), context.resolved_via())
/// }
/// # use axum::{Router, routing::get};
/// # let _: Router = Router::new().route("/", get(how));
/// ```
#[derive(Debug, Clone)]
pub struct CurrentContext(pub TenantContext);

impl Deref for CurrentContext {
    type Target = TenantContext;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(TenantContext::require_attached(&parts.extensions)?.clone()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(TenantContext::attached(&parts.extensions)?.cloned().map(Self))
    }
}
