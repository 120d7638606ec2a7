//! How often each strategy names the tenant, and how often nothing does.

use super::{Refused, Resolution};
use crate::{ErrorKind, ResolvedVia};

/// One counter for each pair of labels: keys that are constants cost no memory on the way.
macro_rules! count {
    ($via:literal, $outcome:literal) => {
        metrics::counter!("tenancy_resolutions_total", "via" => $via, "outcome" => $outcome)
            .increment(1)
    };
}

pub(super) fn count(found: &Result<Option<Resolution>, Refused>) {
    match found {
        Ok(None) => count!("none", "none"),
        Ok(Some(found)) => match found.via() {
            ResolvedVia::Jwt => count!("jwt", "resolved"),
            ResolvedVia::ApiKey => count!("api_key", "resolved"),
            ResolvedVia::Session => count!("session", "resolved"),
            ResolvedVia::Header => count!("header", "resolved"),
            ResolvedVia::Subdomain => count!("subdomain", "resolved"),
            ResolvedVia::Domain => count!("domain", "resolved"),
            ResolvedVia::Path => count!("path", "resolved"),
            ResolvedVia::Envelope => count!("envelope", "resolved"),
            ResolvedVia::Program => count!("program", "resolved"),
        },
        Err(refused) => match refused.error().kind() {
            ErrorKind::CredentialInvalid => count!("none", "credential_invalid"),
            ErrorKind::TenantMismatch => count!("none", "tenant_mismatch"),
            ErrorKind::TenantUnknown => count!("none", "tenant_unknown"),
            ErrorKind::Invalid => count!("none", "malformed"),
            ErrorKind::Unavailable => count!("none", "unavailable"),
            _ => count!("none", "failed"),
        },
    }
}
