use http::request::Parts;

use super::{Claimed, TenantClaim, TenantResolver};
use crate::{Error, Host, ResolvedVia, TenantKey, Trust};

/// Reads a host that is a tenant's own domain.
///
/// Every host is one but the platform's: the base domains given here and what lies under them,
/// which [`SubdomainResolver`](super::SubdomainResolver) reads, and bare addresses. A host that
/// no tenant has [verified](crate::domain) names nobody, and the request is refused.
///
/// ```
/// use tenancy_core::resolve::DomainResolver;
///
/// let domains = DomainResolver::except(["example.com"])?;
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DomainResolver {
    platform: Vec<Host>,
}

impl DomainResolver {
    /// Reads all hosts but these and what lies under them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when one is no domain name.
    pub fn except<'a>(platform: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let platform = platform.into_iter().map(Host::parse_name).collect::<Result<_, _>>()?;
        Ok(Self { platform })
    }
}

impl TenantResolver for DomainResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Domain
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        match Host::of(parts) {
            Ok(Some(host)) if !self.platform.iter().any(|base| host.is_at_or_under(base)) => {
                Claimed::Claim(TenantClaim::new(TenantKey::Domain(host), Trust::Address))
            }
            Ok(_) => Claimed::Absent,
            Err(error) => Claimed::Invalid(error),
        }
    }
}
