//! Usage in SQL: the truth about what tenants used.

mod add;
mod adjust;
mod alerts;
mod events;
mod gauges;
mod insert;
mod meter;
mod outbox;
mod quota;
mod runs;
mod sums;
mod truth;

pub use events::RecordedEvent;
pub use meter::SqlUsageMeter;
pub use quota::SqlQuotaMeter;
