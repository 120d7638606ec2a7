//! Usage: counts by tenant and month, in memory, over Redis and in SQL; quotas and alerts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alerts;
mod billing;
mod killed;
mod log;
mod memory;
mod quota;
mod reconcile;
mod recorder;
mod redis;
mod sql;
mod values;
