//! Counting in nanoseconds, and bringing the sums to a store in batches.

mod counter;
mod deliver;
mod outgoing;
mod stripes;
mod tenant;
mod usage_recorder;

pub use counter::UsageCounter;
pub use usage_recorder::UsageRecorder;
