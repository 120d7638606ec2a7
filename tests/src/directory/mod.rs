//! The directory of tenants: in memory, in SQL, and remembered.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cached;
mod contract;
mod faults;
mod nodes;
mod redis;
mod source;
mod sql;
