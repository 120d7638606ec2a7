//! Tower layers and extractors.

mod extract;
mod future;
mod rate_limit;
mod tenant;

pub use extract::{CurrentActor, CurrentContext, CurrentTenant};
pub use future::ResponseFuture;
pub use rate_limit::{RateLimitLayer, RateLimitService};
pub use tenancy_core::Problem;
pub use tenant::{TenantLayer, TenantService};
