//! How much a tenant has used: counts per tenant and calendar month, in UTC.
//!
//! A [`UsageMeter`] counts [`Meter`]s such as calls or bytes. What a plan allows stands beside
//! them as [`Used`], with its percentage. A [`QuotaMeter`] keeps a tenant within it.

mod memory;
mod meter;
mod month;
mod quota;
mod quota_memory;
mod totals;
mod usage_meter;
mod used;

pub use memory::MemoryUsageMeter;
pub use meter::Meter;
pub use month::Month;
pub use quota::{Exceeded, QuotaMeter, Reservation, Reserved};
pub use quota_memory::MemoryQuotaMeter;
pub use totals::Usage;
pub use usage_meter::UsageMeter;
pub use used::{Percent, Used};
