use std::collections::BTreeSet;
use std::net::IpAddr;

use http::header::HeaderName;
use http::request::Parts;

use super::{Claimed, TenantClaim, TenantResolver};
use crate::{Error, ResolvedVia, TenantKey, Trust};

/// The address the connection came from, put into the request's extensions by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub IpAddr);

/// Reads a header that holds a tenant's id or slug, such as `x-tenant-id`.
///
/// Anybody can send a header. Alone it therefore names nobody; beside a credential it must name
/// the credential's tenant; from a declared proxy it is believed, see
/// [`trusted_proxies`](Self::trusted_proxies).
#[derive(Debug, Clone)]
pub struct HeaderResolver {
    name: HeaderName,
    trusted_proxies: BTreeSet<IpAddr>,
}

impl HeaderResolver {
    /// Reads the header of this name.
    pub const fn new(name: HeaderName) -> Self {
        Self { name, trusted_proxies: BTreeSet::new() }
    }

    /// Reads `x-tenant-id`.
    pub const fn x_tenant_id() -> Self {
        Self::new(HeaderName::from_static("x-tenant-id"))
    }

    /// Believes the header from these peers. It needs [`PeerAddr`] in the request's extensions.
    pub fn trusted_proxies(mut self, proxies: impl IntoIterator<Item = IpAddr>) -> Self {
        self.trusted_proxies.extend(proxies.into_iter().map(|proxy| proxy.to_canonical()));
        self
    }

    fn trust(&self, parts: &Parts) -> Trust {
        let peer = parts.extensions.get::<PeerAddr>();
        // A socket that listens on both IPs shows an IPv4 peer as `::ffff:10.0.0.1`.
        if peer.is_some_and(|peer| self.trusted_proxies.contains(&peer.0.to_canonical())) {
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
