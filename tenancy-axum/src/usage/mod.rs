//! How much this request's tenant uses.

mod counted_body;
mod layer;
mod recorder;
mod service;
mod tally;

pub use layer::UsageLayer;
pub use service::UsageService;
