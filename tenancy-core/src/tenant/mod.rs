//! The directory's record of a tenant: its status, and what it is entitled to.

mod entitlement;
mod overrides;
mod record;
mod status;

pub use entitlement::{EntitledBy, EntitledLimit, Entitlement};
pub use overrides::Overrides;
pub use record::Tenant;
pub use status::TenantStatus;
