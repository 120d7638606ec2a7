use std::sync::Arc;

use http::request::Parts;
use tenancy_core::audit::{AuditLevel, Auditor};
use tenancy_core::limit::{RateLimiter, SlidingLog};
use tenancy_core::resolve::{ResolverChain, TrustedProxies};
use tower_layer::Layer;

use super::TenantService;
use super::audit::Audit;
use super::failures::FailureLimit;
use super::settings::Settings;

/// Resolves the tenant of each request and serves the request in that tenant's context.
///
/// For each request it
///
/// 1. takes the caller's `x-request-id`, or makes one; every answer carries it;
/// 2. resolves the tenant with the [`ResolverChain`], and answers a
///    [`Problem`](crate::Problem) when sources disagree, name nobody, or are not good;
/// 3. refuses a tenant whose status does not admit the request: a suspended one, or a change
///    (any method but `GET`, `HEAD`, `OPTIONS` and `TRACE`) to a read-only one;
/// 4. puts the [`TenantContext`](tenancy_core::TenantContext) and the
///    [`RequestId`](tenancy_core::RequestId) into the request's extensions, and runs the inner
///    service inside [`TenantContext::scope`](tenancy_core::TenantContext::scope) and a span
///    `request` with the fields `tenant.id`, `resolved_via` and `request.id`.
///
/// A request that names no tenant passes, without a context: a route that needs one says so with
/// an extractor such as [`CurrentTenant`](crate::CurrentTenant).
///
/// Probes and metrics mount outside this layer: under it a contradiction is refused on every
/// route. Where two of these layers nest, both must find the same tenant.
///
/// The response's body is read, and dropped, inside the context and the span too.
///
/// The inner service may answer with any body; a caller over gRPC is refused as gRPC does it.
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, routing::get};
/// use tenancy_axum::{CurrentTenant, TenantLayer};
/// use tenancy_core::MemoryDirectory;
/// use tenancy_core::resolve::{ApiKeyResolver, ResolverChain, SubdomainResolver};
///
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()))
///     .with(ApiKeyResolver::bearer())
///     .with(SubdomainResolver::under("example.com")?);
/// let app: Router = Router::new()
///     .route("/", get(|tenant: CurrentTenant| async move { tenant.name().to_owned() }))
///     .layer(TenantLayer::new(chain))
///     .route("/health", get(|| async { "ok" }));
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TenantLayer {
    settings: Arc<Settings>,
}

impl TenantLayer {
    /// Resolves with this chain. Clones of the layer share it.
    pub fn new(chain: ResolverChain) -> Self {
        let chain = Arc::new(chain);
        let settings = Settings { chain, serve_suspended: None, failures: None, audit: None };
        Self { settings: Arc::new(settings) }
    }

    /// Marks the requests that are served for a suspended tenant too, and that may change
    /// something of a read-only one: sign-in, billing, export, events. A closed tenant, or one
    /// that is being set up, is refused all the same.
    ///
    /// Compare whole paths: a prefix such as `/billing` also begins `/billing_of_others`.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenancy_core::{MemoryDirectory, ResolverChain};
    /// # let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
    /// use tenancy_axum::TenantLayer;
    ///
    /// let layer = TenantLayer::new(chain)
    ///     .serve_suspended(|parts| matches!(parts.uri.path(), "/sign_in" | "/billing"));
    /// ```
    pub fn serve_suspended(
        mut self,
        mark: impl Fn(&Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.settings).serve_suspended = Some(Arc::new(mark));
        self
    }

    /// Refuses an address that has failed as often as the policy allows, before anybody asks the
    /// directory: 429 `rate_limited`.
    ///
    /// What fails is a credential that is not valid, a tenant that is not there, or sources that
    /// disagree. The address is the client's behind these proxies; IPv6 addresses count by their
    /// /64, and requests whose address nobody knows together. Requests that are on their way when
    /// the last failure is counted still pass. When nobody can count: 503 `unavailable`.
    pub fn limit_failures(
        mut self,
        limiter: Arc<dyn RateLimiter>,
        policy: SlidingLog,
        proxies: TrustedProxies,
    ) -> Self {
        let failures = FailureLimit::new(limiter, policy, proxies);
        Arc::make_mut(&mut self.settings).failures = Some(failures);
        self
    }

    /// Tells an auditor of resolutions, at this level, and leaves it in each request, where
    /// handlers find it as an [`Auditor`] argument.
    ///
    /// Sources that disagree are told at every level, as a blocked crossing, in the log of the
    /// tenant that a credential proves; what nobody proves is told in the platform's. Failures
    /// alike, by reason, tenant and address, become one event. No event holds a credential, or
    /// what a request says of a tenant that is not its own.
    pub fn audit(mut self, auditor: Auditor, level: AuditLevel) -> Self {
        Arc::make_mut(&mut self.settings).audit = Some(Audit::new(auditor, level));
        self
    }
}

impl<S> Layer<S> for TenantLayer {
    type Service = TenantService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService { inner, settings: self.settings.clone() }
    }
}
