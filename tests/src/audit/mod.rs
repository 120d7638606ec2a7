//! Audit: events, their chains, the auditor that brings them to sinks, and bypasses.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod append_only;
mod auditor;
mod bypass;
mod chain;
mod logs;
mod sinks;
mod sql_crossing;
mod tampering;
