//! The one table from what went wrong to what a caller is told.

use crate::ErrorKind;

/// Status, code and title of a problem.
pub(super) type Entry = (u16, &'static str, &'static str);

/// More requests than the rate allows.
pub(super) const RATE_LIMITED: Entry = (429, "rate_limited", "Too many requests");

pub(super) const fn entry(kind: ErrorKind) -> Entry {
    match kind {
        ErrorKind::Invalid => (400, "invalid_request", "The request is malformed"),
        ErrorKind::NotFound => (404, "resource_missing", "There is no such resource"),
        ErrorKind::Conflict => (409, "conflict", "The request conflicts with what is there"),
        ErrorKind::ForeignTenant | ErrorKind::TenantMismatch => {
            (403, "tenant_mismatch", "The request names different tenants")
        }
        ErrorKind::TenantRequired => (400, "tenant_required", "No tenant is named"),
        ErrorKind::TenantUnknown => (404, "tenant_unknown", "There is no such tenant"),
        ErrorKind::TenantSuspended => (403, "tenant_suspended", "The tenant is suspended"),
        ErrorKind::TenantReadOnly => (403, "tenant_read_only", "The tenant takes no changes"),
        ErrorKind::TenantProvisioning => (503, "tenant_provisioning", "The tenant is being set up"),
        ErrorKind::CredentialRequired => (401, "credential_required", "A credential is needed"),
        ErrorKind::CredentialInvalid => (401, "credential_invalid", "The credential is not valid"),
        ErrorKind::Forbidden => (403, "permission_denied", "This is not permitted"),
        ErrorKind::FeatureNotInPlan => {
            (403, "feature_not_in_plan", "The plan does not include this")
        }
        ErrorKind::QuotaExceeded => (429, "quota_exceeded", "The plan's quota is used up"),
        ErrorKind::Overloaded => (503, "overloaded", "Too much is asked at the moment"),
        ErrorKind::Unavailable => (503, "unavailable", "Not available at the moment"),
        ErrorKind::Misconfigured | ErrorKind::Internal => (500, "internal", "Something went wrong"),
    }
}
