//! Who is this request for: resolved once, for everything below.

mod audit;
mod context_body;
mod failures;
mod future;
mod layer;
mod request_id;
mod service;
mod settings;

pub use future::TenantFuture;
pub use layer::TenantLayer;
pub use service::TenantService;
