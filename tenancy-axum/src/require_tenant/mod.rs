//! Nothing here without a tenant.

mod layer;
mod service;

pub use layer::RequireTenantLayer;
pub use service::RequireTenantService;
