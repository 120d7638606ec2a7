//! Those who pay.

mod capabilities;
mod customer;
mod new_customer;
pub(crate) mod routes;

pub(crate) use capabilities::CAPABILITIES;
pub(crate) use customer::Customer;
