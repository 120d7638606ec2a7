//! Services that are called later, or by somebody else: a buffer's worker, a pool, a retry.

mod deliver;
mod layer;

pub use deliver::{DeliverLayer, DeliverService};
pub use layer::{CarryLayer, CarryService};
