//! Domains of a tenant's own.
//!
//! A tenant says that a domain is its own, and shows it by a TXT record. Then requests for that
//! host are the tenant's. A domain is verified for one tenant at most.

mod capabilities;
mod domain;
pub(crate) mod routes;
mod verify;

pub(crate) use capabilities::CAPABILITIES;
pub(crate) use domain::OwnDomain;
