use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;

use super::bearer::Bearer;
use super::{Claimed, TenantClaim, TenantResolver};
use crate::context::ContextParts;
use crate::{
    Actor, ActorKind, Clock, DirectoryEntry, Error, ErrorKind, RequestId, ResolvedVia, SystemClock,
    Tenant, TenantContext, TenantDirectory, TenantKey, TenantStatus, Trust,
};

/// Runs the strategies, looks up what they name, and cross-checks it.
///
/// Every strategy whose source is present is heard. All must name the same tenant; otherwise
/// the request is refused, whichever of them is right. With a credential, naming a tenant that
/// does not exist is refused exactly like naming another one, so that nobody can try out names.
///
/// A host names a tenant for pages that need no sign-in. A header names nobody by itself.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{MemoryDirectory, PlanCatalogue, Tenant, TenantId, TenantSlug};
/// use tenancy_core::resolve::{ApiKeyResolver, HeaderResolver, ResolverChain, SubdomainResolver};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let directory = MemoryDirectory::new();
/// let plan = PlanCatalogue::example().plan("starter")?;
/// directory.insert(Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan))?;
///
/// let chain = ResolverChain::new(Arc::new(directory))
///     .with(ApiKeyResolver::bearer())
///     .with(HeaderResolver::x_tenant_id())
///     .with(SubdomainResolver::under("example.com")?);
///
/// let request = http::Request::get("/").header("host", "harbor.example.com").body(()).unwrap();
/// let found = chain.resolve(&request.into_parts().0).await?.expect("the host names a tenant");
/// assert_eq!(found.tenant().slug().as_str(), "harbor");
/// # Ok(()) }
/// ```
pub struct ResolverChain {
    directory: Arc<dyn TenantDirectory>,
    resolvers: Vec<Box<dyn TenantResolver>>,
    clock: Arc<dyn Clock>,
}

/// The tenant a request is for, and how that is known.
#[derive(Debug, Clone)]
pub struct Resolution {
    tenant: Arc<Tenant>,
    via: ResolvedVia,
    trust: Trust,
    actor: Option<Actor>,
    client_addr: Option<IpAddr>,
    at: time::OffsetDateTime,
}

/// A claim that is not absent, by its strategy.
type Heard = (ResolvedVia, TenantClaim);

impl ResolverChain {
    /// Starts a chain without strategies: it finds no tenant in any request.
    pub fn new(directory: Arc<dyn TenantDirectory>) -> Self {
        Self { directory, resolvers: Vec::new(), clock: Arc::new(SystemClock) }
    }

    /// Adds a strategy. Their order means nothing.
    pub fn with(mut self, resolver: impl TenantResolver) -> Self {
        self.resolvers.push(Box::new(resolver));
        self
    }

    /// Takes time from another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Finds the tenant of a request; `None` when nothing in it names one for certain.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CredentialInvalid`] for a credential that is not good, also when another one
    /// is; [`ErrorKind::TenantMismatch`] when sources disagree; [`ErrorKind::TenantUnknown`] when
    /// they name nobody; [`ErrorKind::Invalid`] for a malformed source; and the directory's
    /// [`ErrorKind::Unavailable`].
    pub async fn resolve(&self, parts: &Parts) -> Result<Option<Resolution>, Error> {
        let heard = self.hear(parts).await?;
        let Some(strongest) = heard.iter().map(|(_, claim)| claim.trust).max() else {
            return Ok(None);
        };
        if strongest == Trust::Hint {
            return Ok(None);
        }
        let mut found: Option<Resolution> = None;
        for (via, claim) in heard {
            let next = self.look_up(via, claim).await?;
            found = Some(match (found, next) {
                (None, Some(next)) => next,
                // The strongest claims come first: what they name does not exist.
                (None, None) => return Err(unknown()),
                (Some(first), Some(next)) if first.tenant.id() == next.tenant.id() => {
                    first.joined(next)
                }
                // A weaker source names somebody else, or nobody: the same to the caller.
                (Some(_), _) => return Err(mismatch()),
            });
        }
        Ok(found)
    }

    /// Collects what the strategies say, the most trusted first.
    async fn hear(&self, parts: &Parts) -> Result<Vec<Heard>, Error> {
        let mut heard = Vec::with_capacity(self.resolvers.len());
        let mut bearer_is_read = false;
        for resolver in &self.resolvers {
            let mut claimed = resolver.resolve(parts);
            if matches!(claimed, Claimed::NotReady) {
                resolver.make_ready().await;
                claimed = resolver.resolve(parts);
            }
            match claimed {
                Claimed::Absent => {}
                Claimed::NotReady => return Err(not_ready()),
                Claimed::Claim(claim) => {
                    bearer_is_read |= resolver.reads_bearer();
                    heard.push((resolver.via(), claim));
                }
                Claimed::Invalid(error) => return Err(error),
            }
        }
        let proved = heard.iter().any(|(_, claim)| claim.trust == Trust::Credential);
        // Beside a credential from elsewhere, a bearer that no strategy is there for may be the
        // application's own.
        let bearer_is_ours = self.resolvers.iter().any(|resolver| resolver.reads_bearer());
        let is_unread = !bearer_is_read && (bearer_is_ours || !proved);
        if is_unread && !matches!(Bearer::of(parts), Bearer::Absent) {
            return Err(Error::new(
                ErrorKind::CredentialInvalid,
                "the bearer is of a form that no strategy reads",
            ));
        }
        heard.sort_by_key(|(via, claim)| (std::cmp::Reverse(claim.trust), *via));
        Ok(heard)
    }

    async fn look_up(
        &self,
        via: ResolvedVia,
        claim: TenantClaim,
    ) -> Result<Option<Resolution>, Error> {
        let Some(key) = claim.key else { return Ok(None) };
        let entry = self.directory.find(&key).await?;
        // A closed tenant answers as if it had never been.
        let entry = entry.filter(|entry| entry.tenant.status() != TenantStatus::Closed);
        let is_api_key = matches!(key, TenantKey::ApiKeyHash(_));
        let Some(DirectoryEntry { tenant, api_key, .. }) = entry else {
            return if is_api_key { Err(bad_key("the API key is not known")) } else { Ok(None) };
        };
        let at = self.clock.now();
        let actor = match (is_api_key, api_key) {
            (false, _) => claim.actor.filter(|_| claim.trust == Trust::Credential),
            (true, Some(key)) if key.tenant() == tenant.id() && !key.is_expired(at) => {
                Some(Actor::new(ActorKind::ApiKey, key.id()))
            }
            (true, _) => return Err(bad_key("the API key has expired")),
        };
        let client_addr = None;
        Ok(Some(Resolution { tenant, via, trust: claim.trust, actor, client_addr, at }))
    }
}

impl Resolution {
    /// Returns the tenant.
    pub const fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Returns the strongest strategy that named it.
    pub const fn via(&self) -> ResolvedVia {
        self.via
    }

    /// Returns how far the strongest claim is believed.
    pub const fn trust(&self) -> Trust {
        self.trust
    }

    /// Returns who acts, if a credential came.
    pub const fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// Makes the context in which the request is served.
    pub fn into_context(self, request_id: Option<RequestId>) -> TenantContext {
        TenantContext::of(ContextParts {
            tenant: self.tenant,
            resolved_via: self.via,
            resolved_at: self.at,
            trust: self.trust,
            actor: self.actor,
            client_addr: self.client_addr,
            request_id,
        })
    }

    /// Two sources agree: the first strategy in rank names it, the strongest trust counts.
    fn joined(self, next: Self) -> Self {
        Self {
            via: self.via.min(next.via),
            trust: self.trust.max(next.trust),
            actor: self.actor.or(next.actor),
            ..self
        }
    }
}

fn unknown() -> Error {
    Error::new(ErrorKind::TenantUnknown, "there is no such tenant")
}

fn not_ready() -> Error {
    Error::new(ErrorKind::Unavailable, "read a credential: what verifies it is not available")
}

fn mismatch() -> Error {
    Error::new(ErrorKind::TenantMismatch, "the request names different tenants")
}

fn bad_key(reason: &'static str) -> Error {
    Error::new(ErrorKind::CredentialInvalid, reason)
}

impl fmt::Debug for ResolverChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strategies = self.resolvers.iter().map(|resolver| resolver.via());
        f.debug_struct("ResolverChain")
            .field("strategies", &strategies.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
