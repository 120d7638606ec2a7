use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::{Bypass, BypassGate, BypassPurpose, Problem};

/// A bypass that is granted to the request.
///
/// It needs `BypassLayer` of `tenancy-axum` around the route. The caller says why in the header
/// `x-bypass-reason`.
///
/// # Rejections
///
/// `permission_denied` when the judge refuses, which is told to the auditor; `invalid_request`
/// without a good reason; `unavailable` or `internal` when the grant cannot be recorded;
/// `internal` when the layer is missing.
impl<S: Send + Sync, P: BypassPurpose> FromRequestParts<S> for Bypass<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let gate = BypassGate::attached(&parts.extensions)?.clone();
        Ok(gate.open(parts).await?)
    }
}
