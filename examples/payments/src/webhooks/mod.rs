//! Webhooks out: where a bank is told of its events, and what has become of that.

mod capabilities;
pub(crate) mod deliveries;
pub(crate) mod endpoints;

pub(crate) use capabilities::CAPABILITIES;
