use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Hour, Meter};
use crate::{Error, TenantId};

/// Tells what a tenant used hour by hour: for charts, and to know its habits.
#[async_trait]
pub trait UsageHistory: Send + Sync + 'static {
    /// Returns the counts of a meter, with all its parts, in order; hours without any are left
    /// out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn hours(
        &self,
        tenant: TenantId,
        meter: &Meter,
        hours: Range<Hour>,
    ) -> Result<Vec<(Hour, u64)>, Error>;
}

#[async_trait]
impl<H: UsageHistory + ?Sized> UsageHistory for Arc<H> {
    async fn hours(
        &self,
        tenant: TenantId,
        meter: &Meter,
        hours: Range<Hour>,
    ) -> Result<Vec<(Hour, u64)>, Error> {
        (**self).hours(tenant, meter, hours).await
    }
}
