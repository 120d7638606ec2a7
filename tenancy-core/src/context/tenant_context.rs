use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use time::OffsetDateTime;

use super::RequestId;
use crate::clock::from_micros;
use crate::{Actor, Error, ErrorKind, Tenant, TenantId};

/// Which strategy named the tenant, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ResolvedVia {
    /// A JSON Web Token.
    Jwt,
    /// An API key.
    ApiKey,
    /// A session cookie.
    Session,
    /// A sealed envelope: a job, or a call from another service of ours.
    Envelope,
    /// A header, from a declared proxy or beside a credential.
    Header,
    /// The label next to the base domain.
    Subdomain,
    /// A domain of the tenant's own.
    Domain,
    /// A prefix of the path.
    Path,
    /// The program itself: a job, a command, a test.
    Program,
}

impl ResolvedVia {
    /// Returns the name for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::ApiKey => "api_key",
            Self::Session => "session",
            Self::Header => "header",
            Self::Subdomain => "subdomain",
            Self::Domain => "domain",
            Self::Path => "path",
            Self::Envelope => "envelope",
            Self::Program => "program",
        }
    }
}

impl fmt::Display for ResolvedVia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a claim about the tenant is believed, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Anybody can write it, such as a header: it may contradict, it never names alone.
    Hint,
    /// The address that was asked for, such as a host: enough for a page without sign-in.
    Address,
    /// A declared proxy or the program itself says so.
    Declared,
    /// A credential proves it.
    Credential,
}

/// The tenant a piece of work is for, and how that is known.
///
/// Cheap to clone. Put a future into a context with [`scope`](Self::scope); read it anywhere
/// below with [`current`](Self::current).
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let plan = PlanCatalogue::example().plan("starter")?;
/// let tenant = |slug| Ok::<_, tenancy_core::Error>(Tenant::new(TenantId::generate(), TenantSlug::parse(slug)?, plan.clone()));
/// let harbor = TenantContext::for_program(Arc::new(tenant("harbor")?));
/// let summit = TenantContext::for_program(Arc::new(tenant("summit")?));
///
/// harbor.clone().scope(async {
///     assert_eq!(TenantContext::current().unwrap().tenant_id(), harbor.tenant_id());
///     summit.clone().scope(async {
///         assert_eq!(TenantContext::current().unwrap().tenant_id(), summit.tenant_id());
///     }).await;
/// }).await;
/// assert!(TenantContext::current().is_err());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TenantContext(Arc<Inner>);

/// The parts of a context. The other modules fill it in; nobody changes it later.
#[derive(Debug, Clone)]
pub(crate) struct Inner {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) resolved_via: ResolvedVia,
    /// Microseconds since the Unix epoch: few ask for the time of day.
    pub(crate) resolved_at: i64,
    pub(crate) trust: Trust,
    pub(crate) actor: Option<Actor>,
    pub(crate) client_addr: Option<IpAddr>,
    pub(crate) request_id: Option<RequestId>,
}

impl TenantContext {
    pub(crate) fn of(inner: Inner) -> Self {
        Self::of_shared(Arc::new(inner))
    }

    pub(crate) const fn of_shared(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    /// Makes the context of work the program starts itself: a command, a job, a test.
    pub fn for_program(tenant: Arc<Tenant>) -> Self {
        use crate::{Clock as _, SystemClock};
        Self::of(Inner {
            tenant,
            resolved_via: ResolvedVia::Program,
            resolved_at: SystemClock.now_micros(),
            trust: Trust::Declared,
            actor: None,
            client_addr: None,
            request_id: None,
        })
    }

    /// Returns the same context with somebody who acts, as the program vouches for.
    pub fn with_actor(self, actor: Actor) -> Self {
        let Inner {
            ref tenant, resolved_via, resolved_at, trust, client_addr, ref request_id, ..
        } = *self.0;
        Self::of(Inner {
            tenant: tenant.clone(),
            resolved_via,
            resolved_at,
            trust,
            actor: Some(actor),
            client_addr,
            request_id: request_id.clone(),
        })
    }

    /// Returns the same context over the tenant's [sandbox](TenantId::sandbox): whoever opens the
    /// tenant's data from it opens the trial data, and nothing of the tenant's own.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenancy_core::{PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
    /// # let plan = PlanCatalogue::example().plan("starter")?;
    /// # let harbor = Arc::new(Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan));
    /// let live = TenantContext::for_program(harbor);
    /// let trial = live.sandbox()?;
    /// assert_ne!(trial.tenant_id(), live.tenant_id());
    /// assert_eq!(trial.home_id(), live.tenant_id());
    /// assert_eq!(trial.tenant().slug(), live.tenant().slug());
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when the tenant's id has none: it is a sandbox already, or no
    /// UUID of RFC 9562.
    pub fn sandbox(&self) -> Result<Self, Error> {
        let tenant = self.tenant().sandbox().ok_or_else(|| {
            let message = "open the sandbox of a tenant: its id has none";
            Error::new(ErrorKind::Misconfigured, message)
        })?;
        let Inner { resolved_via, resolved_at, trust, client_addr, .. } = *self.0;
        Ok(Self::of(Inner {
            tenant: Arc::new(tenant),
            resolved_via,
            resolved_at,
            trust,
            actor: self.0.actor.clone(),
            client_addr,
            request_id: self.0.request_id.clone(),
        }))
    }

    /// Returns the tenant's id in the directory: its own, in its sandbox too. Who belongs to a
    /// tenant and what it has used is kept under this one.
    pub fn home_id(&self) -> TenantId {
        self.tenant_id().home()
    }

    /// Returns the tenant.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.0.tenant
    }

    /// Returns the tenant's id.
    pub fn tenant_id(&self) -> TenantId {
        self.0.tenant.id()
    }

    /// Returns the strategy that named the tenant.
    pub fn resolved_via(&self) -> ResolvedVia {
        self.0.resolved_via
    }

    /// Returns when the tenant was resolved.
    pub fn resolved_at(&self) -> OffsetDateTime {
        from_micros(self.0.resolved_at)
    }

    /// Returns how far the strongest claim is believed.
    pub fn trust(&self) -> Trust {
        self.0.trust
    }

    /// Returns who acts, if a credential came.
    pub fn actor(&self) -> Option<&Actor> {
        self.0.actor.as_ref()
    }

    /// Returns the address the request came from, as far as it can be believed.
    pub fn client_addr(&self) -> Option<IpAddr> {
        self.0.client_addr
    }

    /// Returns the request's id, if this is a request.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    /// Passes only when the tenant is proved, not merely addressed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CredentialRequired`] when just a host or a path names the tenant.
    pub fn require_credential(&self) -> Result<(), Error> {
        if self.trust() >= Trust::Declared {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::CredentialRequired,
            "send a credential of this tenant: an address alone does not open its data",
        ))
    }
}

impl fmt::Debug for TenantContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantContext")
            .field("tenant", &self.0.tenant.slug())
            .field("resolved_via", &self.0.resolved_via)
            .field("trust", &self.0.trust)
            .finish_non_exhaustive()
    }
}
