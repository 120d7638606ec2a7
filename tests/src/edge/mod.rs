//! The HTTP edge: layers and extractors, as a caller meets them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod addresses;
pub(crate) mod answer;
mod app;
mod audit;
mod bypass;
mod chunks;
mod context;
mod extract;
mod fair_share;
mod grpc;
pub(crate) mod logs;
mod metrics;
mod mismatch;
mod nested;
mod problem;
mod quota;
mod rate_limit;
mod request_id;
mod require_tenant;
mod status;
mod streaming;
mod suspended;
mod usage;
