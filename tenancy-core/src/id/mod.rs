//! How a tenant is named: by id everywhere inside, by slug at the edge.

mod tenant_id;
mod tenant_slug;

pub use tenant_id::TenantId;
pub use tenant_slug::TenantSlug;
