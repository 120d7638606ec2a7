use std::sync::Arc;

use http::request::Parts;
use tenancy_core::resolve::{
    ApiKeyResolver, Claimed, HeaderResolver, JwtKey, JwtResolver, ResolverChain, SessionResolver,
    SubdomainResolver, TenantClaim, TenantResolver,
};
use tenancy_core::{Clock, Error, ErrorKind, ResolvedVia, TenantDirectory, TenantKey, Trust};

use crate::Config;
use crate::inbound::receive::PREFIX;

/// Who issues tokens for this service, and what they call it.
const ISSUER: &str = "payments";
const AUDIENCE: &str = "payments-api";

/// Names a request's tenant by API key, by token if there is a secret for them, by a header that
/// must agree with these, and by the label before the base domain.
pub(crate) fn chain(
    config: &Config,
    directory: Arc<dyn TenantDirectory>,
    clock: Arc<dyn Clock>,
) -> Result<ResolverChain, Error> {
    let chain = ResolverChain::new(directory)
        .clock(clock)
        .trusted_proxies(config.trusted_proxies()?)
        .with(ApiKeyResolver::bearer())
        .with(SessionResolver::host_cookie())
        .with(HeaderResolver::x_tenant_id())
        .with(SubdomainResolver::under(&config.base_domain)?)
        .with(InboundPath);
    Ok(match config.jwt_secret() {
        Some(secret) => {
            let key = JwtKey::hs256(secret.as_bytes()).map_err(|source| {
                let message = "read --jwt-secret or PAYMENTS_JWT_SECRET";
                Error::new(ErrorKind::Misconfigured, message).with_source(source)
            })?;
            chain.with(JwtResolver::new([key], ISSUER, AUDIENCE))
        }
        None => chain,
    })
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
