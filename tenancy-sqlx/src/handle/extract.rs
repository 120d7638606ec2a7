use axum_core::extract::{FromRef, FromRequestParts};
use http::Method;
use http::request::Parts;
use tenancy_core::{Problem, TenantContext, TenantStatus};

use super::TenantTx;
use crate::TenantDb;

/// The transaction of the request's tenant.
///
/// It needs `TenantLayer` around the route and a [`TenantDb`] in the router's state. The tenant
/// must be proved by a credential: a host alone opens no data. A page that shows something
/// without sign-in takes the context and [`TenantDb::read`] itself.
///
/// For `GET` and `HEAD`, and for a tenant that takes no writes, the transaction is read-only.
///
/// # Rejections
///
/// `tenant_required`, `credential_required`; `internal` when the layer is missing, or when the
/// tenant has a place of its own and the database knows no [directory](TenantDb::with_directory).
impl<S> FromRequestParts<S> for TenantTx
where
    TenantDb: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = TenantContext::require_attached(&parts.extensions)?;
        context.require_credential()?;
        let db = TenantDb::from_ref(state);
        db.require_directory_for(context.tenant())?;
        let reads = matches!(parts.method, Method::GET | Method::HEAD)
            || context.tenant().status() == TenantStatus::ReadOnly;
        Ok(if reads { db.read(context.tenant_id()) } else { db.tenant(context.tenant_id()) })
    }
}
