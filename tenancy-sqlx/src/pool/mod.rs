//! Connections: one shared pool for each server, a few for each tenant with a database of its own,
//! and who may have one when they are scarce.

mod breaker;
mod dedicated;
mod door;
mod failing;
mod freshness;
mod gate;
mod lane;
mod node;
mod order;
mod place;
mod replica;
#[cfg(feature = "probe")]
mod seats;
mod servers;
mod share;
mod shares;
mod verified;
mod written;

pub(crate) use node::not_provisioned;
pub(crate) use order::Order;
pub(crate) use place::{Place, Room};
#[cfg(feature = "probe")]
pub(crate) use seats::Seats;
pub(crate) use servers::{Servers, Writing};
pub(crate) use share::ShareRule;
pub use share::TenantShare;
pub(crate) use verified::Guard;
