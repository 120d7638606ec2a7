//! Finding a tenant by what names it.

mod api_key;
mod invalidation;
mod memory;
mod secret;
mod session;
mod tenant_directory;

pub use api_key::ApiKey;
pub use invalidation::{BusEvent, Changes, Invalidation, InvalidationBus};
pub use memory::MemoryDirectory;
pub use secret::{ApiKeyHash, ApiKeySecret, SessionHash, SessionSecret};
pub use session::Session;
pub use tenant_directory::{DirectoryEntry, Remembered, TenantDirectory, TenantKey};
