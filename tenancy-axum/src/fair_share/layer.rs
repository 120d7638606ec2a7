use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use tower_layer::Layer;

use super::FairShareService;
use super::bounds::Bounds;
use super::gate::Gate;
use crate::MetricsLayer;
use crate::metrics::TenantLabels;

pub(super) type Exemption = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// For how long a request has its slot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hold {
    ToTheHead,
    ToTheEnd,
}

/// Serves at most so many requests at once in this process, and shares them fairly among tenants.
///
/// While slots are free, requests pass. When all are taken, they wait in a queue of their tenant,
/// and the free slot goes to the tenant that has had the least time in slots for its
/// [weight](tenancy_core::Tenant::weight): one of weight 4 gets four times as much as one of
/// weight 1, whether its requests are many or slow. A tenant that was idle has neither lost nor
/// saved anything.
///
/// Requests that name no tenant queue together, with weight 1. So do, at each tenant, those who
/// only know its address: strangers take no turns of the tenant's credentials.
///
/// A request that finds no room to wait, or no slot in time, gets 503 `overloaded` with
/// `Retry-After`. When all queues together are full, the one that is longest for its weight makes
/// room: its last request gets the 503.
///
/// A request has its slot until the answer's head is there, and not while a body streams, unless
/// [`until_body_ends`](Self::until_body_ends) says so.
///
/// It goes inside [`RateLimitLayer`](crate::RateLimitLayer) and
/// [`TenantLayer`](crate::TenantLayer), and answers 500 outside of the latter. Clones of the layer
/// share its slots, and may differ in what they [exempt](Self::exempt) and in how long they hold a
/// slot; any other setting gives a clone slots of its own. Around one route it goes once: a request
/// that passes it twice takes two slots.
///
/// | metric | what it is | labels |
/// | --- | --- | --- |
/// | `tenancy_fair_share_queued` | gauge of the requests that wait | `tenant` |
/// | `tenancy_fair_share_wait_seconds` | histogram of how long those waited that had to and were served | `tenant` |
/// | `tenancy_fair_share_refused_total` | requests that got 503 | `tenant`, `reason`: `full`, `pushed_out`, `timed_out` |
///
/// `tenant` is as [`MetricsLayer`] has it.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use std::sync::Arc;
/// use axum::{Router, routing::get};
/// use tenancy_axum::{FairShareLayer, TenantLayer};
/// use tenancy_core::{MemoryDirectory, ResolverChain};
///
/// const AT_ONCE: NonZeroU32 = NonZeroU32::new(200).unwrap();
/// const EACH: NonZeroU32 = NonZeroU32::new(50).unwrap();
///
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
/// let fair = FairShareLayer::new(AT_ONCE)
///     .at_most_each(EACH)
///     .wait_at_most(Duration::from_secs(2))
///     .exempt(|parts| parts.uri.path() == "/events");
/// let app: Router = Router::new()
///     .route("/", get(|| async { "served" }))
///     .layer(fair)
///     .layer(TenantLayer::new(chain));
/// ```
///
/// # Panics
///
/// A request that has to wait panics outside of a Tokio runtime with time.
///
/// # Cancel safety
///
/// Who goes away leaves the queue. A slot is free again however a request ends: answered, failed,
/// cancelled or panicked.
#[derive(Clone)]
pub struct FairShareLayer {
    bounds: Bounds,
    patience: Duration,
    labels: TenantLabels,
    exempt: Option<Exemption>,
    hold: Hold,
    gate: Arc<Gate>,
}

impl FairShareLayer {
    /// Serves so many requests at once. Four times as many of one tenant may wait, sixteen times
    /// as many of all, for 5 seconds each.
    pub fn new(at_once: NonZeroU32) -> Self {
        let (bounds, labels) = (Bounds::new(at_once), TenantLabels::new(100));
        let gate = Arc::new(Gate::new(bounds, PATIENCE, labels.clone()));
        Self { bounds, patience: PATIENCE, labels, exempt: None, hold: Hold::ToTheHead, gate }
    }

    /// Serves at most so many requests of one tenant at once, even while slots are free.
    ///
    /// It keeps slots for those who come later: a tenant alone may have all of them else, and
    /// nobody takes back the slot of a request that runs.
    pub fn at_most_each(mut self, slots: NonZeroU32) -> Self {
        self.bounds.slots_each = slots;
        self.reopened()
    }

    /// Lets at most so many requests of all tenants wait.
    pub fn queue_at_most(mut self, requests: usize) -> Self {
        self.bounds.waiting = requests;
        self.reopened()
    }

    /// Lets at most so many requests of one tenant wait.
    pub fn queue_at_most_each(mut self, requests: usize) -> Self {
        self.bounds.waiting_each = requests;
        self.reopened()
    }

    /// Lets a request wait for so long.
    pub fn wait_at_most(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self.reopened()
    }

    /// Labels the tenants that this layer labels, and no others: both share one budget.
    pub fn label_like(mut self, metrics: &MetricsLayer) -> Self {
        self.labels = metrics.labels().clone();
        self.reopened()
    }

    /// Keeps the slot until the answer's body has ended or is dropped.
    ///
    /// For services that work while a body streams. A caller that reads slowly, or not at all, keeps
    /// its slot for as long: set [`at_most_each`](Self::at_most_each) too, and make
    /// [exempt](Self::exempt) what streams without an end.
    pub fn until_body_ends(mut self) -> Self {
        self.hold = Hold::ToTheEnd;
        self
    }

    /// Lets requests pass that need no slot and never wait.
    pub fn exempt(mut self, mark: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.exempt = Some(Arc::new(mark));
        self
    }

    fn reopened(mut self) -> Self {
        self.gate = Arc::new(Gate::new(self.bounds, self.patience, self.labels.clone()));
        self
    }
}

/// Most callers, and the proxies before us, have given up after a few times as long.
const PATIENCE: Duration = Duration::from_secs(5);

impl<S> Layer<S> for FairShareLayer {
    type Service = FairShareService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FairShareService {
            inner,
            gate: self.gate.clone(),
            exempt: self.exempt.clone(),
            hold: self.hold,
        }
    }
}

impl fmt::Debug for FairShareLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairShareLayer")
            .field("bounds", &self.bounds)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
