//! A tenant's plan: what it allows, and how it is changed.

mod capabilities;
mod change;
pub(crate) mod routes;

pub(crate) use capabilities::CAPABILITIES;
