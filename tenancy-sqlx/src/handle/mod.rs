//! Handles: what a piece of code holds decides what it can reach.

mod crossing;
#[cfg(feature = "axum")]
mod extract;
mod tenant_tx;

pub(crate) use crossing::tell as tell_crossing;
pub use tenant_tx::TenantTx;
