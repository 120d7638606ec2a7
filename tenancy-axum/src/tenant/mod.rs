//! Who is this request for: resolved once, for everything below.

mod layer;
mod request_id;
mod service;

pub use layer::TenantLayer;
pub use service::TenantService;
