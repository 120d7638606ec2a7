//! A tenant's connections to payment providers: which there are, how they are asked, and what
//! becomes of it when they do not answer.
//!
//! A payment goes to the first of a tenant's connections that is not known to be away. Nothing of
//! it goes to another one while the first may have taken the money. A tenant without connections
//! uses the simulator.

mod allowed;
mod call_log;
mod capabilities;
mod changes;
mod choose;
mod connection;
mod guard;
mod health;
mod link;
mod new_connection;
mod open;
pub(crate) mod routes;
mod view;

pub use allowed::Allowed;
pub(crate) use call_log::ProviderCall;
pub(crate) use capabilities::CAPABILITIES;
pub(crate) use choose::choose;
pub(crate) use connection::{Connection, ProviderKind};
pub(crate) use link::Link;
pub(crate) use open::Integrations;
