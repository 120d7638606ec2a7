use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use tenancy_core::limit::{Decision, Limit, LimitName, RateLimiter, SlidingLog};
use tenancy_core::resolve::TrustedProxies;
use tenancy_core::{Error, ErrorKind, TenantId};

use crate::rate_limit::address_subject;

/// Limits how often an address may be refused.
#[derive(Clone)]
pub(super) struct FailureLimit {
    limiter: Arc<dyn RateLimiter>,
    policy: SlidingLog,
    pub(super) proxies: TrustedProxies,
}

impl FailureLimit {
    const NAME: LimitName = LimitName::from_static("failures");

    pub(super) const fn new(
        limiter: Arc<dyn RateLimiter>,
        policy: SlidingLog,
        proxies: TrustedProxies,
    ) -> Self {
        Self { limiter, policy, proxies }
    }

    /// Reads whether an address has failures left; charges nothing.
    pub(super) async fn peek(&self, address: Option<IpAddr>) -> Result<Decision, Error> {
        self.limiter.peek(TenantId::PLATFORM, &[self.limit(address)]).await
    }

    /// Charges an address for a failure.
    pub(super) async fn charge(&self, address: Option<IpAddr>) {
        let limits = [self.limit(address)];
        let charged = self.limiter.check(TenantId::PLATFORM, &limits, NonZeroU32::MIN).await;
        if let Err(error) = charged {
            tracing::warn!(%error, "a failed resolution is not counted");
        }
    }

    fn limit(&self, address: Option<IpAddr>) -> Limit {
        Limit::new(Self::NAME, self.policy).for_subject(address_subject(address))
    }
}

/// Tells whether an error is what somebody meets who tries out credentials or tenants.
pub(super) const fn is_failure(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::CredentialInvalid
            | ErrorKind::TenantUnknown
            | ErrorKind::TenantMismatch
            | ErrorKind::ForeignTenant
    )
}
