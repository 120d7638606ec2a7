//! Those who pay.

mod capabilities;
mod changes;
mod contact;
mod customer;
mod new_customer;
pub(crate) mod routes;

pub(crate) use capabilities::CAPABILITIES;
pub(crate) use customer::Customer;
