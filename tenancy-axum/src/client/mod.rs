//! Requests that this service sends to others, on behalf of the tenant it works for.

mod future;
mod layer;
mod origin;
mod service;

pub use future::PropagateFuture;
pub use layer::PropagateLayer;
pub use service::PropagateService;
