use std::sync::Arc;

use async_trait::async_trait;

use super::{Meter, Month, Usage};
use crate::{Error, TenantId};

/// Counts what tenants use, by calendar month in UTC.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::usage::{MemoryUsageMeter, Meter, Month, UsageMeter};
/// use tenancy_core::{ManualClock, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let clock = Arc::new(ManualClock::at_unix(1_796_000_000));
/// let meter: Arc<dyn UsageMeter> = Arc::new(MemoryUsageMeter::new(clock.clone()));
/// let tenant = TenantId::generate();
///
/// meter.record(tenant, &[(Meter::API_CALLS, 1), (Meter::BANDWIDTH_BYTES, 512)]).await?;
/// let usage = meter.usage(tenant, Month::current(&*clock)).await?;
/// assert_eq!(usage.of(&Meter::BANDWIDTH_BYTES), 512);
/// # Ok::<(), tenancy_core::Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait UsageMeter: Send + Sync + 'static {
    /// Adds to counts of the current month, all of them in one step.
    ///
    /// A count stays at [`Usage::MAX_COUNT`] once it is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer:
    /// the counts may or may not be in, and asking again may count them twice.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have counted.
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error>;

    /// Returns what a tenant used in a month; nothing for a month no longer kept.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error>;

    /// Records as [`record`](Self::record) does, where this process can without waiting.
    ///
    /// `None`: it cannot, and nothing was recorded; use [`record`](Self::record). A meter that
    /// always asks a server answers `None`, as the default does.
    fn try_record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Option<Result<(), Error>> {
        let _ = (tenant, counts);
        None
    }
}

#[async_trait]
impl<M: UsageMeter + ?Sized> UsageMeter for Arc<M> {
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        (**self).record(tenant, counts).await
    }

    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        (**self).usage(tenant, month).await
    }

    fn try_record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Option<Result<(), Error>> {
        (**self).try_record(tenant, counts)
    }
}
