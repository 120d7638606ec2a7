//! How fast may this request's tenant go.

mod address;
mod audit;
mod future;
mod layer;
mod rules;
mod service;

pub(crate) use address::address_subject;
pub use future::RateLimitFuture;
pub use layer::RateLimitLayer;
pub use service::RateLimitService;
