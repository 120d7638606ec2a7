//! The context of a request, and what to say when there is none.

use http::request::Parts;
use tenancy_core::{Error, ErrorKind, Problem, TenantContext};

use crate::tenant::context_of;

/// Returns the context of a request, `None` when the request names no tenant.
pub(super) fn find(parts: &Parts) -> Result<Option<&TenantContext>, Problem> {
    Ok(context_of(&parts.extensions)?)
}

/// Returns the context of a request that must have one.
pub(super) fn require(parts: &Parts) -> Result<&TenantContext, Problem> {
    find(parts)?.ok_or_else(|| {
        Problem::from(Error::new(
            ErrorKind::TenantRequired,
            "name the tenant: send a credential of it, or use its host; \
             a tenant header counts only beside a credential",
        ))
    })
}

/// Says that a credential is needed.
pub(super) fn credential_required() -> Problem {
    Problem::from(Error::new(
        ErrorKind::CredentialRequired,
        "send a credential: no other source says who acts",
    ))
}
