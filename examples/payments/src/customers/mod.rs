//! Those who pay.

mod customer;
mod new_customer;
pub(crate) mod routes;

pub(crate) use customer::Customer;
