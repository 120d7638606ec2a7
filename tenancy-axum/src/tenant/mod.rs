//! Who is this request for: resolved once, for everything below.

mod audit;
mod context_body;
mod failures;
mod layer;
mod request_id;
mod service;
mod settings;

pub use layer::TenantLayer;
pub use service::TenantService;
