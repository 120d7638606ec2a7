//! Handles: what a piece of code holds decides what it can reach.

mod after_commit;
mod cross_tenant_tx;
mod crossing;
#[cfg(feature = "postgres")]
mod executor;
#[cfg(feature = "axum")]
mod extract;
mod progress;
mod savepoint;
mod shared_tx;
mod tenant_tx;

pub use cross_tenant_tx::CrossTenantTx;
pub(crate) use crossing::tell as tell_crossing;
pub use savepoint::Savepoint;
pub use shared_tx::SharedTx;
pub(crate) use tenant_tx::Source;
pub use tenant_tx::TenantTx;
