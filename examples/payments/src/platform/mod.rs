//! The platform's own plane: its people, and the lives of tenants.
//!
//! It stands beside the tenants, not above them. Who signs in here has a session of its own kind,
//! which opens no tenant's data; no tenant's session, key or token opens anything here. Each route
//! names the permission it asks for, with the roles that have it, beside itself.

mod api;
mod audit;
mod capability;
mod command;
mod identify;
mod permitted;
mod role;
mod session;
mod sign_in;
pub(crate) mod tenants;
mod usage;
mod user;

pub(crate) use api::router;
pub(crate) use capability::{PlatformCapability, platform_capabilities};
pub use command::{Command, NewPlatformUser, UserCommand, execute};
pub(crate) use identify::identify;
pub(crate) use permitted::PlatformPermitted;
pub use role::PlatformRole;
pub(crate) use session::PlatformSession;
pub(crate) use tenants::TenantLife;
pub(crate) use user::PlatformUser;
