//! Placeholder.

pub use tenancy_macros::{TenantEntity, TenantValue};

#[doc(hidden)]
pub mod __private {
    pub use tenancy_core::entity::*;
    pub use tenancy_core::{Error, ErrorKind, TenantId};
}
