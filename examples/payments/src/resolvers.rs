use std::sync::Arc;

use http::request::Parts;
use tenancy_core::resolve::{
    ApiKeyResolver, Claimed, DomainResolver, HeaderResolver, JwtKey, JwtResolver, KeySet,
    ResolverChain, SessionResolver, SubdomainResolver, TenantClaim, TenantResolver,
};
use tenancy_core::{Clock, Error, ErrorKind, Host, ResolvedVia, TenantDirectory, TenantKey, Trust};

use crate::Config;
use crate::inbound::receive::PREFIX;
use crate::tokens::TokenResolver;

/// Who issues tokens for this service, and what they call it.
pub(crate) const ISSUER: &str = "payments";
pub(crate) const AUDIENCE: &str = "payments-api";

/// Names a request's tenant by API key, by token, by a header that must agree with these, by the
/// label before the base domain, and by a domain of its own.
pub(crate) fn chain(
    config: &Config,
    directory: Arc<dyn TenantDirectory>,
    clock: Arc<dyn Clock>,
    keys: KeySet,
) -> Result<ResolverChain, Error> {
    let chain = ResolverChain::new(directory)
        .clock(clock.clone())
        .trusted_proxies(config.trusted_proxies()?)
        .with(ApiKeyResolver::bearer())
        .with(SessionResolver::host_cookie())
        .with(HeaderResolver::x_tenant_id())
        .with(SubdomainResolver::under(&config.base_domain)?)
        .with(OwnDomain(DomainResolver::except([&*config.base_domain])?))
        .with(InboundPath);
    let of_secret = config.jwt_secret().map(|secret| {
        let key = JwtKey::hs256(secret.as_bytes()).map_err(|source| {
            let message = "read --jwt-secret or PAYMENTS_JWT_SECRET";
            Error::new(ErrorKind::Misconfigured, message).with_source(source)
        })?;
        Ok::<_, Error>(JwtResolver::new([key], ISSUER, AUDIENCE))
    });
    let own = JwtResolver::new(keys, ISSUER, AUDIENCE).token_type("at+jwt").clock(clock);
    Ok(chain.with(TokenResolver::new(own, of_secret.transpose()?)))
}

/// Reads a host that is a tenant's own domain.
///
/// A host of a single label is one of the operator's own network, which no tenant can register.
struct OwnDomain(DomainResolver);

impl TenantResolver for OwnDomain {
    fn via(&self) -> ResolvedVia {
        self.0.via()
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        match Host::of(parts) {
            Ok(Some(host)) if !host.as_str().contains('.') => Claimed::Absent,
            _ => self.0.resolve(parts),
        }
    }
}

/// Reads the tenant that a source's address names.
struct InboundPath;

impl TenantResolver for InboundPath {
    fn via(&self) -> ResolvedVia {
        ResolvedVia::Path
    }

    fn resolve(&self, parts: &Parts) -> Claimed {
        let Some(rest) = parts.uri.path().strip_prefix(PREFIX) else { return Claimed::Absent };
        let tenant = rest.split('/').next().unwrap_or_default();
        let Ok(key) = TenantKey::parse(tenant) else {
            let fault = "read the address of a source: it names nobody";
            return Claimed::Invalid(Error::new(ErrorKind::TenantUnknown, fault));
        };
        Claimed::Claim(TenantClaim::new(key, Trust::Address))
    }
}
