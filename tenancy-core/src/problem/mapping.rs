//! The one table from what went wrong to what a caller is told.

use crate::ErrorKind;

/// Status, code and title of a problem, and its status in gRPC.
pub(super) type Entry = (u16, &'static str, &'static str, Grpc);

/// A status code of gRPC, as `doc/statuscodes.md` of grpc/grpc numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grpc {
    Unknown = 2,
    InvalidArgument = 3,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

use Grpc::{
    AlreadyExists, InvalidArgument, PermissionDenied, ResourceExhausted, Unauthenticated,
    Unavailable,
};

/// More requests than the rate allows.
pub(super) const RATE_LIMITED: Entry =
    (429, "rate_limited", "Too many requests", ResourceExhausted);

#[rustfmt::skip]
pub(super) const fn entry(kind: ErrorKind) -> Entry {
    match kind {
        ErrorKind::Invalid => (400, "invalid_request", "The request is malformed", InvalidArgument),
        ErrorKind::NotFound => (404, "resource_missing", "There is no such resource", Grpc::NotFound),
        ErrorKind::Conflict => (409, "conflict", "The request conflicts with what is there", AlreadyExists),
        ErrorKind::ForeignTenant | ErrorKind::TenantMismatch => {
            (403, "tenant_mismatch", "The request names different tenants", PermissionDenied)
        }
        ErrorKind::TenantRequired => (400, "tenant_required", "No tenant is named", InvalidArgument),
        ErrorKind::TenantUnknown => (404, "tenant_unknown", "There is no such tenant", Grpc::NotFound),
        ErrorKind::TenantSuspended => (403, "tenant_suspended", "The tenant is suspended", PermissionDenied),
        ErrorKind::TenantReadOnly => (403, "tenant_read_only", "The tenant takes no changes", PermissionDenied),
        ErrorKind::TenantProvisioning => (503, "tenant_provisioning", "The tenant is being set up", Unavailable),
        ErrorKind::CredentialRequired => (401, "credential_required", "A credential is needed", Unauthenticated),
        ErrorKind::CredentialInvalid => (401, "credential_invalid", "The credential is not valid", Unauthenticated),
        ErrorKind::Forbidden => (403, "permission_denied", "This is not permitted", PermissionDenied),
        ErrorKind::FeatureNotInPlan => {
            (403, "feature_not_in_plan", "The plan does not include this", PermissionDenied)
        }
        ErrorKind::QuotaExceeded => (429, "quota_exceeded", "The plan's quota is used up", ResourceExhausted),
        ErrorKind::Overloaded => (503, "overloaded", "Too much is asked at the moment", Unavailable),
        ErrorKind::Unavailable => (503, "unavailable", "Not available at the moment", Unavailable),
        ErrorKind::Misconfigured | ErrorKind::Internal => {
            (500, "internal", "Something went wrong", Grpc::Internal)
        }
    }
}

/// The gRPC status of a problem that an application names itself, by its HTTP status.
pub(super) const fn grpc_of_status(status: u16) -> Grpc {
    match status {
        400 | 422 => InvalidArgument,
        401 => Unauthenticated,
        403 => PermissionDenied,
        404 => Grpc::NotFound,
        409 => Grpc::Aborted,
        412 => Grpc::FailedPrecondition,
        429 => ResourceExhausted,
        501 => Grpc::Unimplemented,
        502..=504 => Unavailable,
        500..=599 => Grpc::Internal,
        _ => Grpc::Unknown,
    }
}
