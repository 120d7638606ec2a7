//! Handles: what a piece of code holds decides what it can reach.

#[cfg(feature = "axum")]
mod extract;
mod tenant_tx;

pub use tenant_tx::TenantTx;
