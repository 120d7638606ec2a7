//! How each tenant is served, in numbers.

mod audit;
mod layer;
mod measured;
mod service;
mod tenant_labels;

pub use layer::{MetricsLayer, SlowRequest};
pub use service::MetricsService;
pub(crate) use tenant_labels::TenantLabels;
