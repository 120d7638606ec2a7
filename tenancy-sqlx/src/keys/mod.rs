//! Keys of tenant tables: a unique one that leaves out the tenant lets one tenant's rows stand in
//! the way of another's, a reference that leaves it out reaches them.

mod catalogue;
mod rule;
mod verify;

#[cfg(feature = "probe")]
pub(crate) use catalogue::{Keys, Reference};
#[cfg(feature = "probe")]
pub(crate) use rule::fault;
pub(crate) use verify::verify;
