//! The tenant of the running task.

mod attached;
mod request_id;
mod task;
mod tenant_context;

pub use request_id::RequestId;
pub(crate) use tenant_context::Inner as ContextParts;
pub use tenant_context::{ResolvedVia, TenantContext, Trust};
