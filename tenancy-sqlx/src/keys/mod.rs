//! Keys of tenant tables: a unique one that leaves out the tenant lets one tenant's rows stand in
//! the way of another's, a reference that leaves it out reaches them.

mod catalogue;
mod rule;
mod verify;

pub(crate) use verify::verify;
