//! How a tenant is named: by id everywhere inside, by slug or host at the edge.

mod host;
mod sandbox;
mod tenant_id;
mod tenant_slug;

pub use host::Host;
pub use tenant_id::TenantId;
pub use tenant_slug::TenantSlug;
