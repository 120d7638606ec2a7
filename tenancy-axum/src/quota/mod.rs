//! Is there room for this request in the month's quota.

mod held;
mod layer;
mod service;

pub use layer::QuotaLayer;
pub use service::QuotaService;
