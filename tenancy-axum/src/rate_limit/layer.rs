use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use http::request::Parts;
use tenancy_core::audit::Auditor;
use tenancy_core::limit::{LimitName, Policy, RateLimiter, SlidingLog};
use tenancy_core::resolve::TrustedProxies;
use tower_layer::Layer;

use super::RateLimitService;
use super::rules::Rules;

/// Refuses requests of a tenant, or of one actor of it, that come faster than allowed.
///
/// All limits of a request are decided at once: either all of them admit it and are charged, or
/// none is. Answers, refusals included, carry the
/// [header fields](tenancy_core::limit::Decision::header_fields) of the decision. A limited
/// request gets 429 `rate_limited`; when nobody can decide, 503 `unavailable`.
///
/// It goes inside [`TenantLayer`](crate::TenantLayer), and answers 500 outside of it, so that a
/// wrong order does not mean "no limits". Requests that name no tenant pass, unless
/// [`strangers`](Self::strangers) limits them. Without any rule all pass.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use axum::{Router, routing::get};
/// use tenancy_axum::{RateLimitLayer, TenantLayer};
/// use tenancy_core::limit::MemoryRateLimiter;
/// use tenancy_core::{MemoryDirectory, ResolverChain, SystemClock};
///
/// const PER_ACTOR: NonZeroU32 = NonZeroU32::new(30).unwrap();
///
/// let limiter = Arc::new(MemoryRateLimiter::new(Arc::new(SystemClock)));
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
/// let app: Router = Router::new()
///     .route("/", get(|| async { "served" }))
///     .layer(RateLimitLayer::new(limiter).by_plan().and_by_principal(PER_ACTOR))
///     .layer(TenantLayer::new(chain));
/// ```
#[derive(Clone)]
pub struct RateLimitLayer {
    pub(super) limiter: Arc<dyn RateLimiter>,
    pub(super) rules: Rules,
    pub(super) auditor: Option<Auditor>,
}

impl RateLimitLayer {
    /// Asks this limiter. No limit is set yet.
    pub fn new(limiter: Arc<dyn RateLimiter>) -> Self {
        Self { limiter, rules: Rules::default(), auditor: None }
    }

    /// Limits the tenant to its plan's
    /// [`requests_per_minute`](tenancy_core::Plan::requests_per_minute), under the name `tenant`.
    ///
    /// Callers that only know the tenant's address share a limit of that size among themselves:
    /// strangers at its host cannot use up what its credentials are worth.
    pub fn by_plan(mut self) -> Self {
        self.rules.by_plan = true;
        self
    }

    /// Limits also each actor of a tenant to so many requests in any minute, under the name
    /// `principal`.
    pub fn and_by_principal(mut self, per_minute: NonZeroU32) -> Self {
        self.rules.by_principal = Some(SlidingLog::per_minute(per_minute));
        self
    }

    /// Limits a tenant also on a class of routes, under the class's name; `None` for a request
    /// that belongs to none. The caller's plan is in the request's context, for classes whose
    /// policy depends on it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenancy_core::limit::MemoryRateLimiter;
    /// # use tenancy_core::SystemClock;
    /// # let limiter = Arc::new(MemoryRateLimiter::new(Arc::new(SystemClock)));
    /// use std::num::NonZeroU32;
    /// use tenancy_axum::RateLimitLayer;
    /// use tenancy_core::limit::{LimitName, SlidingLog};
    ///
    /// const REPORTS: LimitName = LimitName::from_static("reports");
    /// const FIVE: SlidingLog = SlidingLog::per_minute(NonZeroU32::new(5).unwrap());
    ///
    /// let layer = RateLimitLayer::new(limiter).by_plan().and_by_class(|parts| {
    ///     parts.uri.path().starts_with("/reports/").then_some((REPORTS, FIVE.into()))
    /// });
    /// ```
    pub fn and_by_class(
        mut self,
        class: impl Fn(&Parts) -> Option<(LimitName, Policy)> + Send + Sync + 'static,
    ) -> Self {
        self.rules.by_class = Some(Arc::new(class));
        self
    }

    /// Limits each address that names no tenant to so many requests in any minute, under the name
    /// `strangers`.
    ///
    /// The address is the client's behind these proxies. IPv6 addresses count by their /64, and
    /// requests whose address nobody knows together.
    pub fn strangers(mut self, per_minute: NonZeroU32, proxies: TrustedProxies) -> Self {
        self.rules.strangers = Some((SlidingLog::per_minute(per_minute), proxies));
        self
    }

    /// Lets requests pass that fall under no limit, and charges nobody for them.
    pub fn exempt(mut self, mark: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.rules.exempt = Some(Arc::new(mark));
        self
    }

    /// Tells an auditor of requests that are limited: one event, and a number, for each limit
    /// and subject in a [window](tenancy_core::audit::AuditorOptions::window).
    pub fn audit(mut self, auditor: Auditor) -> Self {
        self.auditor = Some(auditor);
        self
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimitService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimitService { inner, layer: Arc::new(self.clone()) }
    }
}

impl fmt::Debug for RateLimitLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer").field("rules", &self.rules).finish_non_exhaustive()
    }
}
