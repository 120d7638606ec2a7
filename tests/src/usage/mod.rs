//! Usage: counts by tenant and month, in memory and over Redis.

mod memory;
mod redis;
mod values;
