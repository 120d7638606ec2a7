//! How fast may this request's tenant go.

mod layer;
mod rules;
mod service;

pub use layer::RateLimitLayer;
pub use service::RateLimitService;
