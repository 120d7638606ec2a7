use std::sync::Arc;
use std::time::Duration;

use tenancy_core::usage::UsageMeter;
use tower_layer::Layer;

use super::UsageService;
use super::recorder::Recorder;

/// Counts `api_calls` and `bandwidth_bytes` of the request's tenant.
///
/// Every request that reaches this layer is a call, whatever becomes of it. The bytes are those
/// of the request's body that the inner service reads, and those of the response's body that are
/// really sent: a streaming body is counted to its end, a dropped one as far as it came. Headers
/// do not count, nor do the bytes of an upgraded connection. A layer outside that compresses
/// comes after the counting.
///
/// A request is recorded once, when both its bodies are done with, in a task of its own that
/// gives up after a while ([`give_up_after`](Self::give_up_after)). Recording never delays an
/// answer and never fails one: what cannot be recorded is logged as an error, and lost. At
/// shutdown wait for [`recorded`](Self::recorded).
///
/// It goes inside [`TenantLayer`](crate::TenantLayer), and answers 500 outside of it. Inside
/// [`RateLimitLayer`](crate::RateLimitLayer) it counts what that admits. Requests that name no
/// tenant are not counted.
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, routing::get};
/// use tenancy_axum::{TenantLayer, UsageLayer};
/// use tenancy_core::usage::MemoryUsageMeter;
/// use tenancy_core::{MemoryDirectory, ResolverChain, SystemClock};
///
/// let meter = Arc::new(MemoryUsageMeter::new(Arc::new(SystemClock)));
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
/// let app: Router = Router::new()
///     .route("/", get(|| async { "served" }))
///     .layer(UsageLayer::new(meter))
///     .layer(TenantLayer::new(chain));
/// ```
#[derive(Debug, Clone)]
pub struct UsageLayer {
    recorder: Recorder,
}

impl UsageLayer {
    /// Counts into this meter.
    pub fn new(meter: Arc<dyn UsageMeter>) -> Self {
        Self { recorder: Recorder::new(meter) }
    }

    /// Sets how long a recording may take; 5 seconds when not set.
    ///
    /// That is longer than a store needs to come back from a short interruption, and short enough
    /// that a dead one does not fill the memory with tasks.
    pub fn give_up_after(mut self, longest: Duration) -> Self {
        self.recorder.longest = longest;
        self
    }

    /// Waits until the requests that have ended are recorded, or given up.
    ///
    /// Call it on a clone of the layer when the server has stopped, before the runtime ends.
    ///
    /// # Cancel safety
    ///
    /// Dropping it stops the waiting, not the recording.
    pub async fn recorded(&self) {
        self.recorder.idle().await;
    }
}

impl<S> Layer<S> for UsageLayer {
    type Service = UsageService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        UsageService { inner, recorder: self.recorder.clone() }
    }
}
