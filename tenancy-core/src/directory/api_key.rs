use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use time::OffsetDateTime;

use crate::resolve::client_addr::parse_network;
use crate::{Error, TenantId};

/// What the directory knows of an API key. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    tenant: TenantId,
    expires_at: Option<OffsetDateTime>,
    scopes: Option<Arc<BTreeSet<Box<str>>>>,
    networks: Vec<IpNet>,
}

impl ApiKey {
    /// Describes a key of a tenant that does not expire, is good for everything and from
    /// everywhere.
    pub fn new(id: impl Into<String>, tenant: TenantId) -> Self {
        Self { id: id.into(), tenant, expires_at: None, scopes: None, networks: Vec::new() }
    }

    /// Sets when it ends.
    pub fn with_expiry(mut self, at: OffsetDateTime) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// Narrows what it is good for, such as `payments:create`; an empty list leaves nothing.
    pub fn with_scopes<S: Into<Box<str>>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(Arc::new(scopes.into_iter().map(Into::into).collect()));
        self
    }

    /// Narrows where it may be used: addresses, or networks such as `192.0.2.0/24`. An empty
    /// list means everywhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for text that is neither.
    pub fn with_networks<'a>(
        mut self,
        networks: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Error> {
        self.networks = networks.into_iter().map(parse_network).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Returns the public id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the tenant it belongs to.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns when it ends.
    pub const fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at
    }

    /// Tells whether it has ended.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Returns what it is good for; `None` when it is not narrowed.
    pub const fn scopes(&self) -> Option<&Arc<BTreeSet<Box<str>>>> {
        self.scopes.as_ref()
    }

    /// Returns where it may be used, in CIDR notation; empty means everywhere.
    pub fn networks(&self) -> impl ExactSizeIterator<Item = String> {
        self.networks.iter().map(ToString::to_string)
    }

    /// Tells whether it may be used from an address. A key with a list is not good from nowhere.
    pub fn is_good_from(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || address.is_some_and(|address| {
                let address = address.to_canonical();
                self.networks.iter().any(|network| network.contains(&address))
            })
    }
}
