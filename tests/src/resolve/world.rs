//! The tenants of these tests, with their credentials and a chain of every strategy.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::header::{HOST, HeaderName};
use http::{Request, request};
use tenancy_core::resolve::{
    ApiKeyResolver, DomainResolver, EnvelopeResolver, HeaderResolver, JwtResolver, PathResolver,
    PeerAddr, ResolverChain, SessionResolver, SubdomainResolver,
};
use tenancy_core::{
    Actor, ActorKind, ApiKey, ApiKeySecret, EnvelopeKeys, Error, Host, ManualClock,
    MemoryDirectory, PlanCatalogue, Resolution, Session, SessionSecret, Tenant, TenantId,
    TenantSlug, TenantStatus,
};
use time::OffsetDateTime;

use super::{envelope, token};

pub(crate) const BASE: &str = "base.com";
pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
pub(crate) const X_TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");
/// The one proxy whose tenant header is believed.
pub(crate) const PROXY: PeerAddr = PeerAddr(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));

/// 2026-11-21 in the tests' time.
const START: i64 = 1_795_219_200;

/// A tenant and a key of it.
pub(crate) struct Member {
    pub(crate) id: TenantId,
    pub(crate) slug: &'static str,
    pub(crate) key: ApiKeySecret,
    pub(crate) session: SessionSecret,
}

/// Five tenants, one in each status that is served differently; `north` and `south` are active.
pub(crate) struct World {
    pub(crate) north: Member,
    pub(crate) south: Member,
    pub(crate) frozen: Member,
    pub(crate) museum: Member,
    pub(crate) gone: Member,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) directory: Arc<MemoryDirectory>,
    pub(crate) envelopes: EnvelopeKeys,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = Arc::new(MemoryDirectory::new());
        let member = |slug, status| Member::join(&directory, slug, status);
        let clock = Arc::new(ManualClock::at_unix(START));
        Self {
            north: member("north", TenantStatus::Active),
            south: member("south", TenantStatus::Active),
            frozen: member("frozen", TenantStatus::Suspended),
            museum: member("museum", TenantStatus::ReadOnly),
            gone: member("gone", TenantStatus::Closed),
            envelopes: envelope::keys().clock(clock.clone()),
            clock,
            directory,
        }
    }

    /// Returns a chain of every strategy.
    pub(crate) fn chain(&self) -> ResolverChain {
        self.chain_without_domains().with(DomainResolver::except([BASE]).unwrap())
    }

    /// Returns a chain for which a host outside of the base domain is no claim.
    pub(crate) fn chain_without_domains(&self) -> ResolverChain {
        self.empty_chain()
            .with(self.jwt())
            .with(ApiKeyResolver::bearer())
            .with(ApiKeyResolver::header(X_API_KEY))
            .with(HeaderResolver::new(X_TENANT_ID).trusted_proxies([PROXY.0].into_iter().collect()))
            .with(SubdomainResolver::under(BASE).unwrap())
            .with(SessionResolver::host_cookie())
            .with(self.envelope())
            .with(PathResolver::under("/t/").unwrap())
    }

    /// Returns the same chain, put together from behind.
    pub(super) fn reversed_chain(&self) -> ResolverChain {
        self.empty_chain()
            .with(PathResolver::under("/t/").unwrap())
            .with(DomainResolver::except([BASE]).unwrap())
            .with(self.envelope())
            .with(SessionResolver::host_cookie())
            .with(SubdomainResolver::under(BASE).unwrap())
            .with(HeaderResolver::new(X_TENANT_ID).trusted_proxies([PROXY.0].into_iter().collect()))
            .with(ApiKeyResolver::header(X_API_KEY))
            .with(ApiKeyResolver::bearer())
            .with(self.jwt())
    }

    pub(crate) fn empty_chain(&self) -> ResolverChain {
        ResolverChain::new(self.directory.clone()).clock(self.clock.clone())
    }

    pub(crate) fn jwt(&self) -> JwtResolver {
        JwtResolver::new(token::trusted_keys(), token::ISSUER, token::AUDIENCE)
            .clock(self.clock.clone())
    }

    pub(crate) fn envelope(&self) -> EnvelopeResolver {
        EnvelopeResolver::new(self.envelopes.clone(), envelope::AUDIENCE)
    }

    /// Resolves a request with every strategy.
    pub(crate) async fn resolve(
        &self,
        request: request::Builder,
    ) -> Result<Option<Resolution>, Error> {
        resolve(&self.chain(), request).await
    }
}

impl Member {
    fn join(directory: &MemoryDirectory, slug: &'static str, status: TenantStatus) -> Self {
        let plan = PlanCatalogue::example().plan("starter").unwrap();
        let id = TenantId::generate();
        let key = ApiKeySecret::generate("test").unwrap();
        let session = SessionSecret::generate("ses").unwrap();
        let member = Self { id, slug, key, session };
        let tenant = Tenant::new(id, TenantSlug::parse(slug).unwrap(), plan)
            .with_status(status)
            .with_domains([Host::parse_name(&member.domain()).unwrap()]);
        directory.insert(tenant).unwrap();
        directory.insert_api_key(&member.key, ApiKey::new(format!("key_of_{slug}"), id));
        let clerk = Actor::new(ActorKind::User, format!("clerk_of_{slug}"));
        let end = OffsetDateTime::from_unix_timestamp(START + 3_600).unwrap();
        directory.insert_session(&member.session, Session::new("session_1", id, clerk, end));
        member
    }

    /// Its own domain.
    pub(crate) fn domain(&self) -> String {
        format!("pay.{}.example", self.slug)
    }

    pub(crate) fn host(&self) -> String {
        format!("{}.{BASE}", self.slug)
    }
}

pub(crate) async fn resolve(
    chain: &ResolverChain,
    request: request::Builder,
) -> Result<Option<Resolution>, Error> {
    let request = envelope::sealed(request);
    chain.resolve(&request.body(()).unwrap().into_parts().0).await
}

/// A request that names nobody.
pub(crate) fn get() -> request::Builder {
    Request::get("/")
}

/// A request for a host.
pub(crate) fn get_from(host: &str) -> request::Builder {
    get().header(HOST, host)
}
