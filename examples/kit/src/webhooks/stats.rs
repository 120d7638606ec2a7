use serde::Serialize;
use tenancy_core::{Error, List};
use tenancy_sqlx::TenantTx;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::{Attempt, Delivery, DeliveryState, EndpointId};

/// How an endpoint has answered in the last 24 hours.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpointStats)]
pub struct EndpointStats {
    /// Requests.
    attempts: u64,
    /// Those that were answered with success.
    succeeded: u64,
    /// Deliveries on their way, of any age.
    pending: u64,
    /// Half of the last thousand answers took at most so many milliseconds.
    p50_ms: Option<i64>,
    /// 95 of 100 did.
    p95_ms: Option<i64>,
}

impl EndpointStats {
    /// Counts.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn of(tx: &mut TenantTx, id: EndpointId, now: OffsetDateTime) -> Result<Self, Error> {
        let recent = || {
            let since = Attempt::CREATED_AT.gt(now - Duration::hours(24));
            Attempt::ENDPOINT_ID.eq(id).and(since)
        };
        let good = recent().and(Attempt::STATUS.ge(200)).and(Attempt::STATUS.lt(300));
        let attempts = tx.repo::<Attempt>().count_where(recent()).await?;
        let succeeded = tx.repo::<Attempt>().count_where(good).await?;
        let pending = Delivery::STATE.eq(DeliveryState::Pending);
        let pending = Delivery::ENDPOINT_ID.eq(id).and(pending);
        let pending = tx.repo::<Delivery>().count_where(pending).await?;
        let answered = recent().and(Attempt::STATUS.is_some());
        let last = List::newest(1_000).filter(answered);
        let last = tx.repo::<Attempt>().list(last).await?.items;
        let mut took: Vec<_> = last.into_iter().map(|attempt| attempt.took_ms).collect();
        took.sort_unstable();
        let (p50_ms, p95_ms) = (percentile(&took, 50), percentile(&took, 95));
        Ok(Self { attempts, succeeded, pending, p50_ms, p95_ms })
    }
}

/// The smallest of sorted values that so many of a hundred do not exceed.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let hundred: Vec<_> = (1..=100).collect();
        assert_eq!((percentile(&hundred, 50), percentile(&hundred, 95)), (Some(50), Some(95)));
        assert_eq!((percentile(&[7], 50), percentile(&[7, 9], 95)), (Some(7), Some(9)));
        assert_eq!(percentile(&[], 95), None);
    }
}
