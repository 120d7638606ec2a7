use http::header::HeaderName;
use http::request::Parts;

use super::{Claimed, PeerAddr, TenantClaim, TenantResolver, TrustedProxies};
use crate::{Error, ResolvedVia, TenantKey, Trust};

/// Reads a header that holds a tenant's id or slug, such as `x-tenant-id`.
///
/// Anybody can send a header. Alone it therefore names nobody; beside a credential it must name
/// the credential's tenant; from a declared proxy it is believed, see
/// [`trusted_proxies`](Self::trusted_proxies).
#[derive(Debug, Clone)]
pub struct HeaderResolver {
    name: HeaderName,
    trusted_proxies: TrustedProxies,
}

impl HeaderResolver {
    /// Reads the header of this name.
    pub const fn new(name: HeaderName) -> Self {
        Self { name, trusted_proxies: TrustedProxies::none() }
    }

    /// Reads `x-tenant-id`.
    pub const fn x_tenant_id() -> Self {
        Self::new(HeaderName::from_static("x-tenant-id"))
    }

    /// Believes the header from these peers. It needs [`PeerAddr`] in the request's extensions.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.trusted_proxies = proxies;
        self
    }

    fn trust(&self, parts: &Parts) -> Trust {
        let peer = PeerAddr::of(&parts.extensions);
        if peer.is_some_and(|peer| self.trusted_proxies.contains(peer)) {
            Trust::Declared
        } else {
            Trust::Hint
        }
    }
}

impl TenantResolver for HeaderResolver {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Header
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        let mut values = parts.headers.get_all(&self.name).iter();
        let Some(value) = values.next() else { return Claimed::Absent };
        if values.next().is_some() {
            return Claimed::Invalid(Error::invalid(
                self.name.as_str().to_owned(),
                "read the tenant header: it was sent twice",
            ));
        }
        let trust = self.trust(parts);
        let key = value.to_str().ok().and_then(|text| TenantKey::parse(text.trim()).ok());
        Claimed::Claim(
            key.map_or_else(|| TenantClaim::nobody(trust), |key| TenantClaim::new(key, trust)),
        )
    }
}
