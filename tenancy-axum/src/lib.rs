//! Tower layers and extractors that bring tenancy to HTTP services.
//!
//! It is built on `axum-core`, `http` and `tower`, not on axum: the layers wrap any service,
//! axum's, hyper's or tonic's, whatever body it answers with, and the extractors work wherever
//! [`FromRequestParts`](axum_core::extract::FromRequestParts) does. Applications depend on it
//! beside axum itself.
//!
//! | layer, from outside to inside | what it does |
//! | --- | --- |
//! | [`TenantLayer`] | resolves the tenant and serves the request in its context |
//! | [`MetricsLayer`] | counts and times requests for each tenant |
//! | [`RequireTenantLayer`] | refuses what names no tenant |
//! | [`RateLimitLayer`] | refuses what comes faster than the plan allows |
//! | [`FairShareLayer`] | shares what is served at once among tenants |
//! | [`QuotaLayer`] | refuses what a month's quota has no room for |
//! | [`UsageLayer`] | counts calls and bytes |
//! | [`AccessLayer`] | finds what the actor may do, when a handler asks |
//! | [`BypassLayer`] | lets handlers ask for a bypass, to cross tenants |
//!
//! Around clients and in front of what works elsewhere stand two more: [`PropagateLayer`] sends
//! requests to other services on behalf of the tenant, [`CarryLayer`] takes its context past a
//! buffer.
//!
//! A handler's signature says what it needs: [`CurrentTenant`], [`CurrentActor`] for a route that
//! needs a credential, [`CurrentContext`] for all that is known, [`Permitted`] or [`PermittedOn`]
//! for what the actor must be permitted, [`Bypass`](tenancy_core::Bypass) to cross tenants,
//! [`Auditor`](tenancy_core::Auditor) to tell what it did. Handlers return [`Problem`] to
//! refuse, and `?` turns a [`tenancy_core::Error`] into one.
//!
//! # Example
//!
//! The layer that is added last is the outermost one.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::body::Body;
//! use axum::{Router, routing::get};
//! use http::{Request, StatusCode};
//! use tenancy_axum::{CurrentTenant, RateLimitLayer, TenantLayer, UsageLayer};
//! use tenancy_core::limit::MemoryRateLimiter;
//! use tenancy_core::resolve::{ApiKeyResolver, ResolverChain, SubdomainResolver};
//! use tenancy_core::usage::MemoryUsageMeter;
//! use tenancy_core::{
//!     ApiKey, ApiKeySecret, MemoryDirectory, PlanCatalogue, SystemClock, Tenant, TenantId, TenantSlug,
//! };
//! use tower::ServiceExt as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = MemoryDirectory::new();
//! let key = ApiKeySecret::generate("bank")?;
//! for slug in ["north", "south"] {
//!     let plan = PlanCatalogue::example().plan("starter")?;
//!     let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse(slug)?, plan);
//!     if slug == "north" {
//!         directory.insert_api_key(&key, ApiKey::new("key_1", tenant.id()));
//!     }
//!     directory.insert(tenant)?;
//! }
//! let chain = ResolverChain::new(Arc::new(directory))
//!     .with(ApiKeyResolver::bearer())
//!     .with(SubdomainResolver::under("example.com")?);
//! let limiter = Arc::new(MemoryRateLimiter::new(Arc::new(SystemClock)));
//! let meter = Arc::new(MemoryUsageMeter::new(Arc::new(SystemClock)));
//!
//! let app: Router = Router::new()
//!     .route("/", get(|tenant: CurrentTenant| async move { tenant.slug().to_string() }))
//!     .layer(UsageLayer::new(meter))
//!     .layer(RateLimitLayer::new(limiter).by_plan())
//!     .layer(TenantLayer::new(chain));
//!
//! let with_key = |host: &str| {
//!     Request::get("/")
//!         .header("host", host)
//!         .header("authorization", format!("Bearer {}", key.reveal()))
//!         .body(Body::empty())
//! };
//! let served = app.clone().oneshot(with_key("north.example.com")?).await?;
//! assert_eq!(served.status(), StatusCode::OK);
//! assert_eq!(served.headers()["x-ratelimit-remaining"], "59");
//!
//! // North's key on South's host: nobody wins.
//! let refused = app.oneshot(with_key("south.example.com")?).await?;
//! assert_eq!(refused.status(), StatusCode::FORBIDDEN);
//! # Ok(()) }
//! ```
//!
//! # What goes where
//!
//! * Probes and metrics mount outside [`TenantLayer`], which refuses contradictions on every
//!   route.
//! * [`RateLimitLayer`], [`FairShareLayer`], [`UsageLayer`] and the extractors need it around them.
//!   Without it they answer 500, and the log says which layer to add.
//! * `TenantTx`, the database handle of a request, stands in `tenancy-sqlx` behind its feature
//!   `axum`.

mod access;
mod bypass;
mod carry;
mod client;
mod extract;
mod fair_share;
mod future;
mod metrics;
mod quota;
mod rate_limit;
mod require_tenant;
mod tenant;
mod usage;

pub use access::{AccessLayer, AccessService, CurrentAccess, Permitted, PermittedOn, WholeTenant};
pub use bypass::{BypassLayer, BypassService};
pub use carry::{CarryLayer, CarryService, DeliverLayer, DeliverService};
pub use client::{PropagateFuture, PropagateLayer, PropagateService};
pub use extract::{CurrentActor, CurrentContext, CurrentTenant};
pub use fair_share::{FairShareLayer, FairShareService};
pub use future::ResponseFuture;
pub use metrics::{MetricsLayer, MetricsService, SlowRequest};
pub use quota::{QuotaLayer, QuotaService};
pub use rate_limit::{RateLimitFuture, RateLimitLayer, RateLimitService};
pub use require_tenant::{RequireTenantLayer, RequireTenantService};
pub use tenancy_core::Problem;
pub use tenant::{TenantFuture, TenantLayer, TenantService};
pub use usage::{UsageFuture, UsageLayer, UsageService};
