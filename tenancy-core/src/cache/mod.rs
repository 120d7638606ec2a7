//! An application's own data, cached per tenant.
//!
//! A [`TenantCache`] keeps values under a [`CacheKey`], which cannot be made without a tenant. It
//! loads what is missing, once at a time for a key, over a [`CacheStore`]: the memory of this
//! process, or a server that all nodes share.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`TenantCache`] | what an application calls |
//! | [`MemoryCacheStore`] | the store of one process: bounded, values shared, nothing serialised |
//! | [`CacheStore`] | the rules of a store; `RedisCacheStore` of `tenancy-redis` is another one |
//! | [`Lease`] | the right to fill a key, lost when the key is removed or its tenant flushed |

mod cache_key;
mod cache_name;
mod cache_store;
mod failure;
mod flights;
mod lease;
mod load;
mod memory;
mod options;
mod outcome;
mod tenant_cache;
mod warm;

pub use cache_key::CacheKey;
pub use cache_name::CacheName;
pub use cache_store::{Begun, CacheStore, Filled};
pub use lease::Lease;
pub use memory::MemoryCacheStore;
pub use options::TenantCacheOptions;
pub use tenant_cache::TenantCache;
pub use warm::Warmed;
