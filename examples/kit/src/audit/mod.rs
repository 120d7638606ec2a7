//! Who did what: each change that somebody asks for, and each look at what is somebody's.
//!
//! [`audit_requests`] tells the auditor of all requests of tenants, [`audit_platform`] of those of the
//! platform's own people; handlers add with [`Audited`] what only they know. [`AuditFilter`], [`AuditEntryView`], [`AuditVerdictView`] and [`export`] are the routes that
//! show the log.

mod audited;
mod entry_view;
mod export;
mod filter;
mod name;
mod operations;
mod requests;
mod verdict_view;

pub use audited::Audited;
pub use entry_view::{AuditEntryView, AuditList};
pub use export::export;
pub use filter::{AuditFilter, AuditParams};
pub use operations::{PlatformActor, audit_platform};
pub use requests::audit_requests;
pub use verdict_view::AuditVerdictView;
