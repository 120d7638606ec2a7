use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;

use crate::{Actor, Error, ErrorKind, ResolvedVia, Tenant, TenantKey, Trust};

/// What one source says about the tenant.
///
/// Cheap to clone: a token that was verified before says the same thing again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantClaim(Arc<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    key: Option<TenantKey>,
    trust: Trust,
    actor: Option<Actor>,
}

impl TenantClaim {
    /// The source names a tenant.
    pub fn new(key: TenantKey, trust: Trust) -> Self {
        Self(Arc::new(Inner { key: Some(key), trust, actor: None }))
    }

    /// The source names something that no tenant can be called.
    ///
    /// It is a claim all the same: it fails, and does not fall through to other sources.
    pub fn nobody(trust: Trust) -> Self {
        Self(Arc::new(Inner { key: None, trust, actor: None }))
    }

    pub(super) fn key(&self) -> Option<&TenantKey> {
        self.0.key.as_ref()
    }

    pub(super) fn trust(&self) -> Trust {
        self.0.trust
    }

    /// Returns who acts, where the claim proves that.
    pub(super) fn proved_actor(&self) -> Option<&Actor> {
        self.0.actor.as_ref().filter(|_| self.0.trust == Trust::Credential)
    }

    /// Tells whether it names this tenant, as far as the tenant's record says.
    pub(super) fn names(&self, tenant: &Tenant) -> bool {
        match self.key() {
            Some(TenantKey::Id(id)) => *id == tenant.id(),
            Some(TenantKey::Slug(slug)) => slug == tenant.slug(),
            Some(TenantKey::Domain(host)) => tenant.domains().contains(host),
            _ => false,
        }
    }

    /// Adds who acts. Only a credential proves that.
    pub fn with_actor(mut self, actor: Actor) -> Self {
        Arc::make_mut(&mut self.0).actor = Some(actor);
        self
    }
}

/// What a strategy found in a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Claimed {
    /// Its source is not there.
    Absent,
    /// The source names a tenant.
    Claim(TenantClaim),
    /// The source is there, and the strategy cannot read it yet; the chain waits for
    /// [`TenantResolver::make_ready`] and asks once more.
    NotReady,
    /// The source is there and is not good: expired, forged, malformed, twice.
    Invalid(Error),
}

impl Claimed {
    /// A credential that is not good. The reason goes to logs, never to the caller.
    pub fn bad_credential(reason: &'static str) -> Self {
        Self::Invalid(Error::new(ErrorKind::CredentialInvalid, reason))
    }
}

/// A strategy: reads one source of a request.
///
/// It looks up no tenant, and reading does not wait.
///
/// # Write your own
///
/// ```
/// use http::request::Parts;
/// use tenancy_core::resolve::{Claimed, TenantClaim, TenantResolver};
/// use tenancy_core::{ResolvedVia, TenantKey, Trust};
///
/// /// `/t/{tenant}/…`
/// struct PathStrategy;
///
/// impl TenantResolver for PathStrategy {
///     fn via(&self) -> ResolvedVia {
///         ResolvedVia::Path
///     }
///
///     fn resolve(&self, parts: &Parts) -> Claimed {
///         let Some(rest) = parts.uri.path().strip_prefix("/t/") else { return Claimed::Absent };
///         let name = rest.split('/').next().unwrap_or_default();
///         Claimed::Claim(match TenantKey::parse(name) {
///             Ok(key) => TenantClaim::new(key, Trust::Address),
///             Err(_) => TenantClaim::nobody(Trust::Address),
///         })
///     }
/// }
/// ```
#[async_trait]
pub trait TenantResolver: Send + Sync + 'static {
    /// Returns the strategy's name.
    fn via(&self) -> ResolvedVia;

    /// Tells whether its source is `Authorization: Bearer`.
    ///
    /// A bearer that none of these strategies can read is a bad credential, and refused.
    fn reads_bearer(&self) -> bool {
        false
    }

    /// Reads the source.
    fn resolve(&self, parts: &Parts) -> Claimed;

    /// Fetches what reading the last request lacked, such as a key that no token named before.
    ///
    /// The chain calls it after [`Claimed::NotReady`], once for a request. It must end by
    /// itself within a second or two. A request that is not readable afterwards either is
    /// refused as [`ErrorKind::Unavailable`].
    async fn make_ready(&self) {}
}
