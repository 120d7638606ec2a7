use std::sync::Arc;

use tenancy_core::resolve::{
    ApiKeyResolver, HeaderResolver, JwtKey, JwtResolver, ResolverChain, SessionResolver,
    SubdomainResolver,
};
use tenancy_core::{Clock, Error, ErrorKind, TenantDirectory};

use crate::Config;

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
        .with(ApiKeyResolver::bearer())
        .with(SessionResolver::host_cookie())
        .with(HeaderResolver::x_tenant_id())
        .with(SubdomainResolver::under(&config.base_domain)?);
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
