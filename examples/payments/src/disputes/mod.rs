//! Disputes: a payer's bank takes money back until it is decided whose it is.

mod capabilities;
mod decide;
mod dispute;
mod open;
pub(crate) mod routes;

pub(crate) use capabilities::CAPABILITIES;
pub(crate) use dispute::Dispute;
