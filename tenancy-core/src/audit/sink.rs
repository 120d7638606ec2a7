use std::sync::Arc;

use async_trait::async_trait;

use super::AuditEvent;
use crate::Error;

/// Where audit events go: a table, a log, a queue.
///
/// # Write your own
///
/// ```
/// use tenancy_core::audit::{AuditEvent, AuditSink};
/// use tenancy_core::{Error, async_trait};
///
/// /// Prints what was refused.
/// struct Refusals;
///
/// #[async_trait]
/// impl AuditSink for Refusals {
///     async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
///         for event in events {
///             println!("{} {}", event.outcome(), event.action());
///         }
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no audit events",
    note = "use `MemoryAuditLog`, `TracingAuditSink`, `SqlAuditLog` of tenancy-sqlx, or implement \
            `AuditSink`: one async method, with `#[async_trait]`"
)]
pub trait AuditSink: Send + Sync + 'static {
    /// Takes events, in this order. An event that it has, by its id, it does not take twice.
    ///
    /// # Errors
    ///
    /// A [transient](Error::is_transient) one when trying again may help. Some of the events may
    /// be in; trying again with all of them is right.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have taken the events, or some of them.
    async fn record(&self, events: &[AuditEvent]) -> Result<(), Error>;
}

#[async_trait]
impl<S: AuditSink + ?Sized> AuditSink for Arc<S> {
    async fn record(&self, events: &[AuditEvent]) -> Result<(), Error> {
        (**self).record(events).await
    }
}
