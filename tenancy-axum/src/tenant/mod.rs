//! Who is this request for: resolved once, for everything below.

mod layer;
mod mounted;
mod request_id;
mod service;

pub use layer::TenantLayer;
pub(crate) use mounted::context_of;
pub use service::TenantService;
