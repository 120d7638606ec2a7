//! Finding a tenant by what names it.

mod api_key;
mod cached;
mod invalidation;
mod memory;
mod memory_bus;
mod sandboxes;
mod secret;
mod session;
mod tenant_directory;

pub use api_key::ApiKey;
pub use cached::{CacheOptions, CachedDirectory};
pub use invalidation::{BusEvent, Changes, Invalidation, InvalidationBus};
pub use memory::MemoryDirectory;
pub use memory_bus::MemoryInvalidationBus;
pub use sandboxes::WithSandboxes;
pub use secret::{ApiKeyHash, ApiKeySecret, SessionHash, SessionSecret};
pub use session::Session;
pub use tenant_directory::{DirectoryEntry, Remembered, TenantDirectory, TenantKey};
