use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::Problem;
use crate::audit::Auditor;

/// The auditor that `TenantLayer` was given.
///
/// # Rejections
///
/// `internal` when the layer was given none; the log says so. `Option<Auditor>` is `None` then.
impl<S: Send + Sync> FromRequestParts<S> for Auditor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::attached(&parts.extensions)?.clone())
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Auditor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(Self::attached(&parts.extensions).ok().cloned())
    }
}
