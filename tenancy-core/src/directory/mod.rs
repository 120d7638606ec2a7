//! Finding a tenant by what names it.

mod api_key;
mod memory;
mod tenant_directory;

pub use api_key::{ApiKey, ApiKeyHash, ApiKeySecret};
pub use memory::MemoryDirectory;
pub use tenant_directory::{DirectoryEntry, TenantDirectory, TenantKey};
