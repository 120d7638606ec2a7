//! Usage that must not be lost: on this machine's disk before it is acknowledged.

mod entry;
mod folder;
mod frame;
mod segment;
mod usage_log;
mod writer;

pub use usage_log::UsageLog;
