//! Free SQL within a tenant: the predicate alone keeps tenants apart, whatever the statement.

mod differential;
mod reads;
mod refusals;
mod results;
mod values;
mod world;
mod writes;
