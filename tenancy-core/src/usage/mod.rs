//! How much a tenant has used: counts per tenant and calendar month, in UTC.
//!
//! A [`UsageMeter`] counts [`Meter`]s such as calls or bytes. What a plan allows stands beside
//! them as [`Used`], with its percentage.

mod memory;
mod meter;
mod month;
mod totals;
mod usage_meter;
mod used;

pub use memory::MemoryUsageMeter;
pub use meter::Meter;
pub use month::Month;
pub use totals::Usage;
pub use usage_meter::UsageMeter;
pub use used::{Percent, Used};
