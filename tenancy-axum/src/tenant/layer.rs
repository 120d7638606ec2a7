use std::sync::Arc;

use tenancy_core::ResolverChain;
use tower_layer::Layer;

use super::TenantService;

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
/// The response's body is read after the inner service has answered, outside the context: a
/// streaming body takes with it what it needs.
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
    chain: Arc<ResolverChain>,
}

impl TenantLayer {
    /// Resolves with this chain. Clones of the layer share it.
    pub fn new(chain: ResolverChain) -> Self {
        Self { chain: Arc::new(chain) }
    }
}

impl<S> Layer<S> for TenantLayer {
    type Service = TenantService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService { inner, chain: self.chain.clone() }
    }
}
