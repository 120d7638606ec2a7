//! Usage in SQL: the truth about what tenants used.

mod add;
mod meter;
mod runs;
mod sums;

pub use meter::SqlUsageMeter;
