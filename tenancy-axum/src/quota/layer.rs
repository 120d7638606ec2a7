use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use tenancy_core::usage::{Meter, QuotaMeter};
use tower_layer::Layer;

use super::QuotaService;

pub(super) type Demand = Arc<dyn Fn(&Parts) -> Option<(Meter, u64)> + Send + Sync>;

/// Keeps what requests use within [`Tenant::limit`](tenancy_core::Tenant::limit) of the month.
///
/// A closure says which meter a request uses and how much of it; `None` for one that uses
/// nothing. The amount is reserved before the request is served. It is committed when the service
/// answers 2xx or 3xx, and released when it answers anything else, fails, panics, or is
/// cancelled. Towards gRPC an answer of headers alone with a `grpc-status` other than 0 is a
/// failure; a status in the trailers of a stream comes too late to be one.
///
/// A request without room gets 429 `quota_exceeded`, with the meter as `param`; when nobody can
/// decide, 503 `unavailable`.
///
/// It goes inside [`TenantLayer`](crate::TenantLayer), and answers 500 outside of it. A request
/// that uses something and names no tenant gets 400 `tenant_required`.
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, routing::post};
/// use http::Method;
/// use tenancy_axum::{QuotaLayer, TenantLayer};
/// use tenancy_core::usage::{MemoryQuotaMeter, Meter};
/// use tenancy_core::{MemoryDirectory, ResolverChain, SystemClock};
///
/// let quotas = Arc::new(MemoryQuotaMeter::new(Arc::new(SystemClock)));
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
/// let app: Router = Router::new()
///     .route("/payments", post(|| async { "paid" }))
///     .layer(QuotaLayer::new(quotas, |parts| {
///         (parts.method == Method::POST).then_some((Meter::TRANSACTIONS, 1))
///     }))
///     .layer(TenantLayer::new(chain));
/// ```
#[derive(Clone)]
pub struct QuotaLayer {
    meter: Arc<dyn QuotaMeter>,
    demand: Demand,
}

impl QuotaLayer {
    /// Reserves with this meter what the closure says.
    pub fn new(
        meter: Arc<dyn QuotaMeter>,
        demand: impl Fn(&Parts) -> Option<(Meter, u64)> + Send + Sync + 'static,
    ) -> Self {
        Self { meter, demand: Arc::new(demand) }
    }
}

impl<S> Layer<S> for QuotaLayer {
    type Service = QuotaService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        QuotaService { inner, meter: self.meter.clone(), demand: self.demand.clone() }
    }
}

impl fmt::Debug for QuotaLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaLayer").finish_non_exhaustive()
    }
}
