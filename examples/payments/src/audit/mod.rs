//! The log of who did what, for those who may read it.

mod capabilities;
pub(crate) mod routes;
mod store;

pub(crate) use capabilities::CAPABILITIES;
pub(crate) use store::AuditStore;
