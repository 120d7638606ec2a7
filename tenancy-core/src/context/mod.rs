//! The tenant of the running task.

mod attached;
mod carried;
mod carrier;
mod current;
mod request_id;
mod task;
mod tenant_context;

pub use carried::Carried;
pub use carrier::Carrier;
pub use request_id::RequestId;
pub(crate) use tenant_context::Inner as ContextParts;
pub use tenant_context::{ResolvedVia, TenantContext, Trust};
