//! An application's own data cached per tenant: in memory and over Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod context;
mod faults;
mod flights;
mod memory;
mod metrics;
mod redis;
mod redis_away;
mod warm;
mod world;
