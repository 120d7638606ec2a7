//! Rate limits, quotas, usage and changes of tenants, shared by all nodes over Redis.
//!
//! [`RedisRateLimiter`] and [`RedisUsageMeter`] are the shared versions of core's traits. Both
//! work over one [`RedisStore`], which owns the connection, one deadline for each call, and the
//! way back when Redis was away. [`RedisInvalidationBus`] tells all nodes what changed in the
//! directory of tenants. [`RedisCacheStore`] keeps what an application caches for its tenants, and
//! [`RedisLeaseBooks`] the limits that nodes decide in process.
//!
//! ```no_run
//! use std::num::NonZeroU32;
//! use std::sync::Arc;
//! use tenancy_core::limit::RateLimiter;
//! use tenancy_core::usage::UsageMeter;
//! use tenancy_redis::{OnLoss, RedisOptions, RedisRateLimiter, RedisStore, RedisUsageMeter};
//!
//! let store = RedisStore::open("redis://127.0.0.1:6379", RedisOptions::new())?;
//! let nodes = NonZeroU32::new(3).unwrap();
//! let limiter: Arc<dyn RateLimiter> =
//!     Arc::new(RedisRateLimiter::new(store.clone(), OnLoss::LocalShare { nodes }));
//! let meter: Arc<dyn UsageMeter> = Arc::new(RedisUsageMeter::new(store));
//! # Ok::<(), tenancy_core::Error>(())
//! ```
//!
//! Redis 7.0 or later, one server or a cluster (`redis-cluster://host:port,host:port`). What is a
//! tenant's lives under keys that begin with `tn:{tenant}`; the braces keep them together in a
//! cluster. Choose a `maxmemory-policy` of
//! `noeviction`: an evicted key is a forgotten limit. [`StrictRedisRateLimiter`] insists on it.

mod cache_entry;
mod cache_store;
mod cluster;
mod failure;
mod invalidation_bus;
mod keys;
mod lease_books;
mod limiter;
mod node;
mod options;
mod quota_meter;
mod request;
mod scripts;
mod slot;
mod store;
mod transport;
mod usage_field;
mod usage_meter;
mod usage_mirror;

pub use cache_store::RedisCacheStore;
pub use invalidation_bus::RedisInvalidationBus;
pub use lease_books::RedisLeaseBooks;
pub use limiter::{OnLoss, RedisRateLimiter, StrictRedisRateLimiter};
pub use options::RedisOptions;
pub use quota_meter::RedisQuotaMeter;
pub use store::RedisStore;
pub use usage_meter::RedisUsageMeter;
