//! Tenants to try the platform with. Everything about them is fixed, their API keys too.

mod history;
mod prepare;
mod random;
mod staff;
mod tenants;

pub(crate) use prepare::prepare;
pub(crate) use staff::PASSWORD;
pub(crate) use tenants::{Demo, TENANTS};
