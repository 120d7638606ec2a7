//! Who is this request for, what may it touch, how much may it use.
//!
//! This crate holds the nouns, the traits and their in-memory versions. It needs no database and
//! no web framework. The other crates build on it: `tenancy-sqlx` keeps tenants apart in SQL,
//! `tenancy-redis` shares limits between nodes, `tenancy-axum` brings both to HTTP. Applications
//! that use those still meet these names every day.
//!
//! | to learn | look at |
//! | --- | --- |
//! | who a request is for | [`resolve`], [`TenantDirectory`] |
//! | the tenant of the running task | [`TenantContext`] |
//! | jobs and calls between services | [`envelope`] |
//! | rows that belong to a tenant | [`entity`], [`TenantScoped`] |
//! | what an actor may do | [`access`] |
//! | an application's own data, remembered | [`TenantCache`] |
//! | how much a tenant may use | [`limit`], [`usage`], [`Plan`] |
//! | what happened, and who crossed tenants | [`audit`], [`Bypass`] |
//! | what a caller is told | [`Error`], [`Problem`] |
//!
//! # Features
//!
//! * `jwt`: the JWT strategy. Your binary picks the crypto backend of `jsonwebtoken`.
//! * `jwks-url`: key sets by URL, over TLS, with `reqwest`.
//! * `axum`: [`Problem`] as a response; [`Auditor`] and [`Bypass`] as extractors.

pub mod access;
mod actor;
pub mod audit;
mod bypass;
pub mod cache;
mod clock;
mod context;
mod counter_clock;
mod directory;
pub mod domain;
pub mod entity;
pub mod envelope;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod id;
pub mod limit;
mod placement;
mod plan;
mod problem;
mod repository;
pub mod resolve;
mod tenant;
pub mod usage;

pub use async_trait::async_trait;

pub use actor::{Actor, ActorKind};
pub use audit::{AuditEvent, AuditLevel, AuditLog, AuditSink, Auditor};
pub use bypass::{Bypass, BypassAuthority, BypassGate, BypassJudge, BypassPurpose};
pub use cache::{CacheName, MemoryCacheStore, TenantCache, TenantCacheOptions};
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::{Carried, Carrier, RequestId, ResolvedVia, TenantContext, Trust};
pub use counter_clock::CounterClock;
pub use directory::{
    ApiKey, ApiKeyHash, ApiKeySecret, BusEvent, CacheOptions, CachedDirectory, Changes,
    DirectoryEntry, Invalidation, InvalidationBus, MemoryDirectory, MemoryInvalidationBus,
    Remembered, Session, SessionHash, SessionSecret, TenantDirectory, TenantKey, WithSandboxes,
};
pub use entity::{Filter, IntoEntity, SoftDelete, TenantEntity};
pub use envelope::{Envelope, EnvelopeKey, EnvelopeKeys};
pub use error::{Error, ErrorKind};
pub use id::{Host, TenantId, TenantSlug};
pub use limit::{Decision, Limit, LimitName, MemoryRateLimiter, Policy, RateLimiter, SlidingLog};
pub use placement::{Isolation, Placement, ServerName};
pub use plan::{Allowance, Plan, PlanCatalogue};
pub use problem::Problem;
#[cfg(feature = "axum")]
pub use problem::Protocol;
pub use repository::{Cursor, List, Order, Page, Slice, Start, TenantScoped};
pub use resolve::{Resolution, ResolverChain, TenantResolver};
pub use tenant::{EntitledBy, EntitledLimit, Entitlement, Overrides, Tenant, TenantStatus};
pub use usage::{
    MemoryQuotaMeter, MemoryUsageMeter, Meter, Month, QuotaMeter, Usage, UsageMeter, Used,
};
