//! How much this request's tenant uses.

mod counted_body;
mod future;
mod layer;
mod recorder;
mod service;
mod tally;

pub use future::UsageFuture;
pub use layer::UsageLayer;
pub use service::UsageService;
