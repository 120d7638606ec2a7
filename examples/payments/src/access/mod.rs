//! Who may do what: permissions, roles, and who has them.
//!
//! Each feature declares its capabilities beside its routes, with the roles that have them;
//! [`catalogue`] lists the features.

mod capability;
mod catalogue;
mod grants;
mod role;
pub(crate) mod routes;

pub(crate) use capability::{Declared, capabilities};
pub(crate) use catalogue::catalogue;
pub(crate) use grants::PlatformGrants;
pub(crate) use role::Role;
