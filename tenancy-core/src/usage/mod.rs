//! How much a tenant has used: counts per tenant and calendar month, in UTC.
//!
//! A [`UsageMeter`] counts [`Meter`]s such as calls or bytes. What a plan allows stands beside
//! them as [`Used`], with its percentage. A [`QuotaMeter`] keeps a tenant within it.
//!
//! A [`UsageSink`] takes what was summed up elsewhere, in batches that count once however often
//! they come.

mod arrival;
mod batch;
mod dimension;
mod history;
mod hour;
mod log;
mod memory;
mod meter;
mod month;
mod quota;
mod quota_memory;
mod recorder;
mod series;
mod sink;
mod totals;
mod usage_meter;
mod used;

pub use arrival::Arrival;
pub use batch::{BatchId, UsageBatch};
pub use dimension::Dimension;
pub use history::UsageHistory;
pub use hour::Hour;
pub use log::UsageLog;
pub use memory::MemoryUsageMeter;
pub use meter::Meter;
pub use month::Month;
pub use quota::{Exceeded, QuotaMeter, Reservation, Reserved};
pub use quota_memory::MemoryQuotaMeter;
pub use recorder::{UsageCounter, UsageRecorder};
pub use series::Series;
pub use sink::{Delivered, UsageSink};
pub use totals::Usage;
pub use usage_meter::UsageMeter;
pub use used::{Percent, Used};
