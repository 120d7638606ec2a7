use http::request::Parts;

use super::{Claimed, TenantClaim, TenantResolver};
use crate::{Error, ErrorKind, Host, ResolvedVia, TenantKey, TenantSlug, Trust};

/// Reads the label next to a base domain.
///
/// Under `example.com`, `north.example.com` and `api.north.example.com` name `north`;
/// `example.com` and `www.example.com` name nobody; `evilexample.com` is another domain.
#[derive(Debug, Clone)]
pub struct SubdomainResolver {
    base: Host,
}

impl SubdomainResolver {
    /// Reads hosts under this domain.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when it is no domain name.
    pub fn under(base: &str) -> Result<Self, Error> {
        let base = Host::parse(base)?.ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "read the base domain: an address has no subdomains")
                .with_subject("base")
        })?;
        Ok(Self { base })
    }
}

impl TenantResolver for SubdomainResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Subdomain
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        let host = match Host::of(parts) {
            Ok(Some(host)) => host,
            Ok(None) => return Claimed::Absent,
            Err(error) => return Claimed::Invalid(error),
        };
        let Some(labels) = host.labels_under(self.base.as_str()) else { return Claimed::Absent };
        match labels.rsplit('.').next() {
            None | Some("www") => Claimed::Absent,
            Some(label) => Claimed::Claim(match TenantSlug::parse(label) {
                Ok(slug) => TenantClaim::new(TenantKey::Slug(slug), Trust::Address),
                Err(_) => TenantClaim::nobody(Trust::Address),
            }),
        }
    }
}
