use std::sync::Arc;

use async_trait::async_trait;

use super::UsageBatch;
use crate::Error;

/// Takes batches of usage, each of them once.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::usage::{
///     BatchId, Delivered, Hour, MemoryUsageMeter, Meter, Month, UsageBatch, UsageMeter, UsageSink,
/// };
/// use tenancy_core::{ManualClock, TenantId};
/// use uuid::Uuid;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let clock = Arc::new(ManualClock::at_unix(1_796_000_000));
/// let (hour, month) = (Hour::current(&*clock), Month::current(&*clock));
/// let meter = MemoryUsageMeter::new(clock);
/// let tenant = TenantId::generate();
///
/// let mut batch = UsageBatch::new(BatchId::new(Uuid::now_v7(), 1, 1), tenant);
/// batch.add(hour, &Meter::API_CALLS.into(), 5);
/// assert_eq!(meter.deliver(&batch).await?, Delivered::Counted);
/// assert_eq!(meter.deliver(&batch).await?, Delivered::Duplicate);
/// assert_eq!(meter.usage(tenant, month).await?.of(&Meter::API_CALLS), 5);
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait UsageSink: Send + Sync + 'static {
    /// Adds what a batch counts, in one step, unless a batch of this name or a later one of the
    /// same run is in for this tenant.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer:
    /// deliver the same batch again. Any other error means that the store will not take it.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have counted. Deliver the same batch again.
    async fn deliver(&self, batch: &UsageBatch) -> Result<Delivered, Error>;
}

/// What became of a batch that was delivered. In both cases it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivered {
    /// It was counted now.
    Counted,
    /// It had been counted before.
    Duplicate,
}

#[async_trait]
impl<S: UsageSink + ?Sized> UsageSink for Arc<S> {
    async fn deliver(&self, batch: &UsageBatch) -> Result<Delivered, Error> {
        (**self).deliver(batch).await
    }
}
