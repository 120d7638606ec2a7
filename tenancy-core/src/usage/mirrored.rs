use std::sync::Arc;

use async_trait::async_trait;

use super::{Delivered, Meter, Month, Usage, UsageBatch, UsageMeter, UsageSink};
use crate::{Error, TenantId};

/// Brings usage to the truth first and then to a mirror, which is the order that a
/// [`Reconciler`](super::Reconciler) relies on. Reads come from the mirror.
///
/// A mirror that is away holds nobody up: it lags behind until it is reconciled.
#[derive(Debug, Clone)]
pub struct MirroredMeter<T, M> {
    truth: Arc<T>,
    mirror: Arc<M>,
}

impl<T, M> MirroredMeter<T, M> {
    /// Puts a mirror before a source of truth.
    pub const fn new(truth: Arc<T>, mirror: Arc<M>) -> Self {
        Self { truth, mirror }
    }
}

#[async_trait]
impl<T, M> UsageSink for MirroredMeter<T, M>
where
    T: UsageSink,
    M: UsageSink,
{
    async fn deliver(&self, batch: &UsageBatch) -> Result<Delivered, Error> {
        let delivered = self.truth.deliver(batch).await?;
        if let Err(error) = self.mirror.deliver(batch).await {
            tracing::warn!(tenant.id = %batch.tenant(), %error, "a mirror of usage lags behind");
        }
        Ok(delivered)
    }
}

#[async_trait]
impl<T, M> UsageMeter for MirroredMeter<T, M>
where
    T: UsageMeter,
    M: UsageMeter,
{
    /// Counts in both. Behind a [`UsageRecorder`](super::UsageRecorder) it is not called.
    async fn record(&self, tenant: TenantId, counts: &[(Meter, u64)]) -> Result<(), Error> {
        self.truth.record(tenant, counts).await?;
        if let Err(error) = self.mirror.record(tenant, counts).await {
            tracing::warn!(tenant.id = %tenant, %error, "a mirror of usage lags behind");
        }
        Ok(())
    }

    /// Asks the mirror, and the truth when the mirror is away.
    async fn usage(&self, tenant: TenantId, month: Month) -> Result<Usage, Error> {
        match self.mirror.usage(tenant, month).await {
            Ok(usage) => Ok(usage),
            Err(_) => self.truth.usage(tenant, month).await,
        }
    }
}
