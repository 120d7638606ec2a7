use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use tenancy_core::audit::Auditor;
use tenancy_core::{TenantContext, TenantId};
use tower_layer::Layer;

use super::MetricsService;
use super::tenant_labels::TenantLabels;

pub(super) type Route = Arc<dyn Fn(&Parts) -> &'static str + Send + Sync>;
pub(super) type OnSlow = Arc<dyn Fn(SlowRequest<'_>) + Send + Sync>;

/// Counts and times the requests of each tenant, with the facade `metrics`.
///
/// | metric | what it is | labels |
/// | --- | --- | --- |
/// | `tenancy_requests_total` | requests | `tenant`, `route`, `status`: `2xx` to `5xx`, `aborted` |
/// | `tenancy_requests_limited_total` | of them, those that got 429 | `tenant`, `route` |
/// | `tenancy_request_seconds` | histogram of the time to the answer's head | `tenant`, `route` |
///
/// Errors are the requests with `5xx`; `aborted` are those that panicked, were cancelled, or whose
/// service failed.
///
/// `tenant` is the id of the first 100 tenants that come, or as many as
/// [`label_at_most`](Self::label_at_most) says, `other` for the rest, and `none` where a request
/// names no tenant. `route` is what [`by_route`](Self::by_route) says, else empty.
///
/// It goes directly inside [`TenantLayer`](crate::TenantLayer), so that what the other layers
/// refuse counts too, and answers 500 outside of it. What `TenantLayer` itself refuses names no
/// tenant for sure, and does not count.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use axum::{Router, routing::get};
/// use tenancy_axum::{MetricsLayer, TenantLayer};
/// use tenancy_core::{MemoryDirectory, ResolverChain};
///
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
/// let measured = MetricsLayer::new()
///     .label_at_most(500)
///     .by_route(|parts| if parts.uri.path().starts_with("/reports/") { "reports" } else { "api" })
///     .on_slow(Duration::from_secs(1), |slow| println!("{} took {:?}", slow.route(), slow.took()));
/// let app: Router = Router::new()
///     .route("/", get(|| async { "served" }))
///     .layer(measured)
///     .layer(TenantLayer::new(chain));
/// ```
#[derive(Clone)]
pub struct MetricsLayer {
    pub(super) labels: TenantLabels,
    pub(super) route: Route,
    pub(super) slow: Option<(Duration, OnSlow)>,
    pub(super) audit: Option<(Duration, Auditor)>,
}

impl MetricsLayer {
    /// Labels 100 tenants, and no routes.
    #[expect(clippy::new_without_default, reason = "nothing that tells tenants apart has one")]
    pub fn new() -> Self {
        let (labels, route) = (TenantLabels::new(100), Arc::new(|_: &Parts| ""));
        Self { labels, route, slow: None, audit: None }
    }

    /// Sets how many tenants have a label of their own, the pinned ones included.
    pub fn label_at_most(mut self, tenants: usize) -> Self {
        self.labels = self.labels.with_budget(tenants);
        self
    }

    /// Gives a tenant a label of its own, whoever comes first. Clones of the layer share it.
    pub fn pin(self, tenant: TenantId) -> Self {
        self.labels.pin(tenant);
        self
    }

    /// Says which class of routes a request belongs to. There should be few.
    pub fn by_route(
        mut self,
        route: impl Fn(&Parts) -> &'static str + Send + Sync + 'static,
    ) -> Self {
        self.route = Arc::new(route);
        self
    }

    /// Calls this for each answer that took at least so long. It runs before the answer is sent.
    pub fn on_slow(
        mut self,
        threshold: Duration,
        tell: impl Fn(SlowRequest<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.slow = Some((threshold, Arc::new(tell)));
        self
    }

    /// Tells an auditor of answers that took at least so long: one event, and a number, for each
    /// tenant and class of routes in a [window](tenancy_core::audit::AuditorOptions::window).
    pub fn audit_slow(mut self, threshold: Duration, auditor: Auditor) -> Self {
        self.audit = Some((threshold, auditor));
        self
    }

    pub(crate) const fn labels(&self) -> &TenantLabels {
        &self.labels
    }
}

/// An answer that took long.
#[derive(Debug, Clone, Copy)]
pub struct SlowRequest<'a> {
    pub(super) context: Option<&'a TenantContext>,
    pub(super) route: &'static str,
    pub(super) took: Duration,
}

impl SlowRequest<'_> {
    /// Returns whose request it was; `None` when it named no tenant.
    pub const fn context(&self) -> Option<&TenantContext> {
        self.context
    }

    /// Returns the class of routes.
    pub const fn route(&self) -> &'static str {
        self.route
    }

    /// Returns the time to the answer's head.
    pub const fn took(&self) -> Duration {
        self.took
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MetricsService { inner, layer: Arc::new(self.clone()) }
    }
}

impl fmt::Debug for MetricsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsLayer").finish_non_exhaustive()
    }
}
