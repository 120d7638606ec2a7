use std::fmt;
use std::future::Future as _;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::request::Parts;
use time::OffsetDateTime;

use super::bearer::Bearer;
use super::heard::{AllHeard, Heard};
use super::{Claimed, Refused, TenantClaim, TenantResolver, TrustedProxies, metrics};
use crate::clock::from_micros;
use crate::context::ContextParts;
use crate::{
    Actor, ActorKind, Clock, DirectoryEntry, Error, ErrorKind, Remembered, RequestId, ResolvedVia,
    SystemClock, Tenant, TenantContext, TenantDirectory, TenantKey, TenantStatus, Trust,
};

/// Runs the strategies, looks up what they name, and cross-checks it.
///
/// Every strategy whose source is present is heard. All must name the same tenant; otherwise
/// the request is refused, whichever of them is right. With a credential, naming a tenant that
/// does not exist is refused exactly like naming another one, so that nobody can try out names.
///
/// Credentials are looked up; what weaker sources say is compared with what those led to, so
/// that a request with a credential costs one look-up and tells nothing of other tenants.
///
/// A host or a path names a tenant for pages that need no sign-in. A header names nobody by
/// itself.
///
/// The metric `tenancy_resolutions_total` counts by `via` and `outcome`.
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
    proxies: TrustedProxies,
    clock: Arc<dyn Clock>,
}

/// The tenant a request is for, and how that is known.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// Those of the context it becomes, in their place from the start: they are many bytes, and
    /// are handed on several times.
    parts: Arc<ContextParts>,
}

impl ResolverChain {
    /// Starts a chain without strategies: it finds no tenant in any request.
    pub fn new(directory: Arc<dyn TenantDirectory>) -> Self {
        let proxies = TrustedProxies::none();
        Self { directory, resolvers: Vec::new(), proxies, clock: Arc::new(SystemClock) }
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

    /// Believes what these proxies say about a client's address. Without it the address is the
    /// peer's, see [`PeerAddr`](super::PeerAddr).
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
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
        self.resolve_within(parts, None).await
    }

    /// Finds the tenant of a request that was resolved before, by an outer layer: all that this
    /// chain hears, hints too, must name that tenant.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub async fn resolve_within(
        &self,
        parts: &Parts,
        outer: Option<&TenantContext>,
    ) -> Result<Option<Resolution>, Error> {
        Ok(self.resolve_or_refuse(parts, outer).await?)
    }

    /// Does as [`resolve_within`](Self::resolve_within), and says of a refusal whom a credential
    /// proved.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub async fn resolve_or_refuse(
        &self,
        parts: &Parts,
        outer: Option<&TenantContext>,
    ) -> Result<Option<Resolution>, Refused> {
        let found = self.find(parts, outer.map(TenantContext::tenant), Patience::Waits).await;
        let found = found.map_err(|stopped| match stopped {
            Stopped::Refused(refused) => refused,
            Stopped::MustWait => not_ready().into(),
        });
        metrics::count(&found);
        found
    }

    /// Does as [`resolve_or_refuse`](Self::resolve_or_refuse) where nobody must be waited for:
    /// the keys of tokens are there, and the directory remembers the tenant.
    ///
    /// `None`: somebody must, and nothing was counted; ask
    /// [`resolve_or_refuse`](Self::resolve_or_refuse).
    pub fn try_resolve(
        &self,
        parts: &Parts,
        outer: Option<&TenantContext>,
    ) -> Option<Result<Option<Resolution>, Refused>> {
        let found = pin!(self.find(parts, outer.map(TenantContext::tenant), Patience::None));
        // It has nothing to wait for, so it is done at once.
        let found = match found.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(found)) => Ok(found),
            Poll::Ready(Err(Stopped::Refused(refused))) => Err(refused),
            Poll::Ready(Err(Stopped::MustWait)) | Poll::Pending => return None,
        };
        metrics::count(&found);
        Some(found)
    }

    /// Returns the address a request comes from, as far as it can be believed.
    pub fn client_addr(&self, parts: &Parts) -> Option<IpAddr> {
        self.proxies.client_addr(parts)
    }

    async fn find(
        &self,
        parts: &Parts,
        outer: Option<&Arc<Tenant>>,
        patience: Patience,
    ) -> Result<Option<Resolution>, Stopped> {
        let mut waiting = self.hear(parts, patience).await?;
        if waiting.first().is_none() {
            return Ok(None);
        }
        let client_addr = self.proxies.client_addr(parts);
        let mut found: Option<Resolution> = None;
        // Each credential is looked up; a weaker source only when there is none.
        while let Some(heard) = waiting.first() {
            if found.is_some() && !is_credential(heard) {
                break;
            }
            let next = match heard.1.trust() {
                // Nothing else came, or only what leads nowhere: hints name nobody by themselves.
                Trust::Hint => return Ok(check_hint(&heard.1, outer).map(|()| None)?),
                _ => match self.look_up(heard, client_addr, patience).await {
                    Ok(Some(next)) => next,
                    Ok(None) => return Err(Stopped::MustWait),
                    Err(error) => return Err(Refused::beside(error, found).into()),
                },
            };
            waiting.drop_first();
            found = match (found, next) {
                (found, Looked::Stale) => found,
                (None, Looked::Absent) => return Err(unknown().into()),
                (None, Looked::Found(next)) => Some(next),
                (Some(first), Looked::Found(next)) if first.tenant().id() == next.tenant().id() => {
                    Some(first.joined(next.via(), next.trust(), next.actor()))
                }
                // Two credentials, of two tenants, or one of them of nobody.
                (found, _) => return Err(Refused::beside(mismatch(), found).into()),
            };
        }
        let Some(mut found) = found else { return Ok(None) };
        if outer.is_some_and(|outer| outer.id() != found.tenant().id()) {
            return Err(Refused::beside(mismatch(), Some(found)).into());
        }
        for (via, claim) in waiting {
            // A weaker source names somebody else, or nobody: the same to the caller. Nobody is
            // looked up for that, so that the answer says nothing about other tenants.
            if !claim.names(found.tenant()) {
                return Err(Refused::beside(mismatch(), Some(found)).into());
            }
            found = found.joined(via, claim.trust(), None);
        }
        Ok(Some(found))
    }

    /// Collects what the strategies say, the most trusted first.
    async fn hear(&self, parts: &Parts, patience: Patience) -> Result<AllHeard, Stopped> {
        let mut heard = AllHeard::default();
        let mut bearer_is_read = false;
        for resolver in &self.resolvers {
            let mut claimed = resolver.resolve(parts);
            if matches!(claimed, Claimed::NotReady) {
                if patience == Patience::None {
                    return Err(Stopped::MustWait);
                }
                resolver.make_ready().await;
                claimed = resolver.resolve(parts);
            }
            match claimed {
                Claimed::Absent => {}
                Claimed::NotReady => return Err(not_ready().into()),
                Claimed::Claim(claim) => {
                    bearer_is_read |= resolver.reads_bearer();
                    heard.push((resolver.via(), claim));
                }
                Claimed::Invalid(error) => return Err(error.into()),
            }
        }
        // Beside a credential from elsewhere, a bearer that no strategy is there for may be the
        // application's own.
        let must_be_read = || {
            let bearer_is_ours = self.resolvers.iter().any(|resolver| resolver.reads_bearer());
            bearer_is_ours || !heard.any(is_credential)
        };
        if !bearer_is_read && must_be_read() && !matches!(Bearer::of(parts), Bearer::Absent) {
            return Err(Error::new(
                ErrorKind::CredentialInvalid,
                "the bearer is of a form that no strategy reads",
            )
            .into());
        }
        heard.sort();
        Ok(heard)
    }

    /// Returns `None` where that must wait and may not.
    async fn look_up(
        &self,
        (via, claim): &Heard,
        client_addr: Option<IpAddr>,
        patience: Patience,
    ) -> Result<Option<Looked>, Error> {
        let (resolved_via, trust) = (*via, claim.trust());
        let Some(key) = claim.key() else { return Ok(Some(Looked::Absent)) };
        let entry = match self.directory.remembered(key) {
            Remembered::Found(entry) => Some(entry),
            Remembered::Absent => None,
            Remembered::Nothing if patience == Patience::None => return Ok(None),
            Remembered::Nothing => self.directory.find(key).await?,
        };
        // A closed tenant answers as if it had never been.
        let entry = entry.filter(|entry| entry.tenant.status() != TenantStatus::Closed);
        let at = self.clock.now_micros();
        let (tenant, actor) = match (key, entry) {
            (TenantKey::ApiKeyHash(_), entry) => of_api_key(entry, from_micros(at), client_addr)?,
            // Browsers keep cookies that lead nowhere any more.
            (TenantKey::SessionHash(_), entry) => match of_session(entry, from_micros(at)) {
                Some(found) => found,
                None => return Ok(Some(Looked::Stale)),
            },
            (_, None) => return Ok(Some(Looked::Absent)),
            (_, Some(entry)) => (entry.tenant, claim.proved_actor().cloned()),
        };
        let parts = ContextParts {
            tenant,
            resolved_via,
            resolved_at: at,
            trust,
            actor,
            client_addr,
            request_id: None,
        };
        Ok(Some(Looked::Found(Resolution { parts: Arc::new(parts) })))
    }
}

/// Whether somebody may be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    None,
    Waits,
}

/// Why no answer was found.
enum Stopped {
    Refused(Refused),
    /// Somebody must be waited for.
    MustWait,
}

impl From<Refused> for Stopped {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

/// What a claim led to.
enum Looked {
    /// A tenant.
    Found(Resolution),
    /// No tenant.
    Absent,
    /// A session that has ended: as if no cookie had come.
    Stale,
}

type Proved = (Arc<Tenant>, Option<Actor>);

fn of_api_key(
    entry: Option<DirectoryEntry>,
    now: OffsetDateTime,
    client_addr: Option<IpAddr>,
) -> Result<Proved, Error> {
    let bad = |reason: &'static str| Error::new(ErrorKind::CredentialInvalid, reason);
    let entry = entry.ok_or_else(|| bad("the API key is not known"))?;
    let key = entry.api_key.filter(|key| key.tenant() == entry.tenant.id());
    let key = key.ok_or_else(|| bad("the API key is not known"))?;
    if key.is_expired(now) {
        return Err(bad("the API key has expired"));
    }
    if !key.is_good_from(client_addr) {
        return Err(bad("the API key is not good from this address"));
    }
    let actor = Actor::new(ActorKind::ApiKey, key.id()).with_shared_scopes(key.scopes().cloned());
    Ok((entry.tenant, Some(actor)))
}

fn of_session(entry: Option<DirectoryEntry>, now: OffsetDateTime) -> Option<Proved> {
    let DirectoryEntry { tenant, session, .. } = entry?;
    let session = session.filter(|session| session.tenant() == tenant.id())?;
    (!session.is_expired(now)).then(|| (tenant, Some(session.actor().clone())))
}

fn is_credential((_, claim): &Heard) -> bool {
    claim.trust() == Trust::Credential
}

/// A hint that nothing stronger came with: it may still contradict an outer layer.
fn check_hint(claim: &TenantClaim, outer: Option<&Arc<Tenant>>) -> Result<(), Error> {
    match outer {
        Some(outer) if !claim.names(outer) => Err(mismatch()),
        _ => Ok(()),
    }
}

impl Resolution {
    /// Returns the tenant.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.parts.tenant
    }

    /// Returns the strongest strategy that named it.
    pub fn via(&self) -> ResolvedVia {
        self.parts.resolved_via
    }

    /// Returns how far the strongest claim is believed.
    pub fn trust(&self) -> Trust {
        self.parts.trust
    }

    /// Returns who acts, if a credential came.
    pub fn actor(&self) -> Option<&Actor> {
        self.parts.actor.as_ref()
    }

    /// Returns the address the request came from, as far as it can be believed.
    pub fn client_addr(&self) -> Option<IpAddr> {
        self.parts.client_addr
    }

    /// Makes the context in which the request is served.
    pub fn into_context(mut self, request_id: Option<RequestId>) -> TenantContext {
        Arc::make_mut(&mut self.parts).request_id = request_id;
        TenantContext::of_shared(self.parts)
    }

    /// Two sources agree: the first strategy in rank names it, the strongest trust counts.
    fn joined(mut self, via: ResolvedVia, trust: Trust, actor: Option<&Actor>) -> Self {
        let parts = Arc::make_mut(&mut self.parts);
        parts.resolved_via = parts.resolved_via.min(via);
        parts.trust = parts.trust.max(trust);
        if parts.actor.is_none() {
            parts.actor = actor.cloned();
        }
        self
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

impl fmt::Debug for ResolverChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strategies = self.resolvers.iter().map(|resolver| resolver.via());
        f.debug_struct("ResolverChain")
            .field("strategies", &strategies.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
