//! Tenants to try the platform with. Everything about them is fixed, their API keys too.

mod history;
mod prepare;
mod random;
mod tenants;

pub(crate) use prepare::prepare;
pub(crate) use tenants::{Demo, TENANTS};
