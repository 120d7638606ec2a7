//! What happened, who did it, and to whose data: kept so that it cannot be changed unseen.
//!
//! An [`AuditEvent`] says who acted, for whom, what was done to which resource, *whose* that is,
//! and how it ended. The [`Auditor`] brings events to an [`AuditSink`]: a log, a table, or
//! [several](AuditFanOut) of them. An [`AuditLog`] keeps them in a [hash chain](ChainHead) for
//! each tenant, finds them again and tells whether they are still what was written.
//!
//! The layers of `tenancy-axum` tell resolutions, blocked crossings and rate violations; a
//! [`Bypass`](crate::Bypass) is recorded before anybody gets it. An application tells its own
//! events, and [records](Auditor::read) each look at sensitive data before it happens.

mod action;
mod auditor;
mod bounded;
mod canonical;
mod chain;
mod change;
mod event;
mod fan_out;
mod level;
mod log;
mod memory;
mod outcome;
mod party;
mod query;
mod resource;
mod sink;
mod tracing_sink;
mod unwind;

pub use action::AuditAction;
pub(crate) use action::is_valid as is_action;
pub use auditor::{Auditor, AuditorOptions};
pub use chain::{
    AuditHash, ChainBreak, ChainFault, ChainHead, ChainVerdict, ChainVerifier, ChainedEvent,
};
pub use change::AuditChange;
pub use event::AuditEvent;
pub use fan_out::AuditFanOut;
pub use level::{AuditImportance, AuditLevel};
pub use log::AuditLog;
pub use memory::MemoryAuditLog;
pub use outcome::AuditOutcome;
pub use party::AuditParty;
pub use query::AuditQuery;
pub use resource::AuditResource;
pub use sink::AuditSink;
pub use tracing_sink::TracingAuditSink;
