use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{BatchId, Dimension, Meter, Month, Series, Usage};
use crate::{Error, ErrorKind, TenantId};

/// What a tenant really used in a month, and the last batch of each producer's run that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageTruth {
    /// The counts.
    pub usage: Usage,
    /// A copy that takes these counts must know these batches again.
    pub runs: Vec<BatchId>,
}

/// The store whose counts are the truth.
#[async_trait]
pub trait TruthSource: Send + Sync + 'static {
    /// Returns counts and batches as of one moment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the store does not answer.
    async fn truth(&self, tenant: TenantId, month: Month) -> Result<UsageTruth, Error>;
}

/// A fast copy of the truth, which gets the same batches **after** the truth has them.
#[async_trait]
pub trait UsageMirror: Send + Sync + 'static {
    /// Returns the counts, and a version that changes with each change of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the store does not answer.
    async fn mirrored(&self, tenant: TenantId, month: Month) -> Result<(Usage, u64), Error>;

    /// Replaces the counts by the truth, when the version is still this one; tells whether it was.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when the store does not answer.
    async fn rebuild(
        &self,
        tenant: TenantId,
        truth: &UsageTruth,
        version: u64,
    ) -> Result<bool, Error>;
}

/// Compares a mirror with the truth, and repairs it.
///
/// A batch that reaches the truth while this runs is neither lost nor doubled in the mirror: the
/// mirror is read first, so that all it has is in the truth by then; it is replaced only when
/// nothing came meanwhile; and it learns which batches the truth had.
///
/// Counts that go to the mirror alone, without batches, are taken for drift and removed.
pub struct Reconciler {
    truth: Arc<dyn TruthSource>,
    mirror: Arc<dyn UsageMirror>,
}

/// How a mirror differed from the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    differences: Vec<Difference>,
}

/// A count that differed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What is counted.
    pub series: Series,
    /// The true count.
    pub truth: u64,
    /// What the mirror had.
    pub mirror: u64,
}

/// How often a mirror that is written to all the time is tried.
const TRIES: usize = 10;

impl Reconciler {
    /// Holds a mirror against a source of truth.
    pub fn new(truth: Arc<dyn TruthSource>, mirror: Arc<dyn UsageMirror>) -> Self {
        Self { truth, mirror }
    }

    /// Compares a month of a tenant, and changes nothing. What is on its way between the two
    /// shows as a difference.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when a store does not answer.
    pub async fn compare(&self, tenant: TenantId, month: Month) -> Result<Drift, Error> {
        let (mirror, _) = self.mirror.mirrored(tenant, month).await?;
        let truth = self.truth.truth(tenant, month).await?;
        Ok(Drift::between(&truth.usage, &mirror))
    }

    /// Compares a month of a tenant, and repairs the mirror; returns how it differed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when a store does not answer, and
    /// [`ErrorKind::Overloaded`] when the mirror was written to at each of ten tries.
    ///
    /// # Cancel safety
    ///
    /// The mirror is repaired or as it was.
    pub async fn repair(&self, tenant: TenantId, month: Month) -> Result<Drift, Error> {
        for _ in 0..TRIES {
            let (mirror, version) = self.mirror.mirrored(tenant, month).await?;
            let truth = self.truth.truth(tenant, month).await?;
            let drift = Drift::between(&truth.usage, &mirror);
            if drift.is_none() {
                return Ok(drift);
            }
            if self.mirror.rebuild(tenant, &truth, version).await? {
                metrics::counter!("tenancy_usage_drift_total").increment(1);
                tracing::warn!(tenant.id = %tenant, usage.month = %month,
                    usage.differences = drift.differences.len(), "a mirror of usage was repaired");
                return Ok(drift);
            }
        }
        let message = "repair a mirror of usage: it is written to all the time: try again later";
        Err(Error::new(ErrorKind::Overloaded, message))
    }
}

impl Drift {
    /// Compares counts.
    pub fn between(truth: &Usage, mirror: &Usage) -> Self {
        let mut counts: BTreeMap<(&Meter, Option<&Dimension>), (u64, u64)> = BTreeMap::new();
        for (meter, dimension, count) in truth.parts() {
            counts.entry((meter, dimension)).or_default().0 = count;
        }
        for (meter, dimension, count) in mirror.parts() {
            counts.entry((meter, dimension)).or_default().1 = count;
        }
        let different = counts.into_iter().filter(|(_, (truth, mirror))| truth != mirror);
        let differences = different.map(|((meter, dimension), (truth, mirror))| {
            let series = Series::new(meter.clone(), dimension.cloned());
            Difference { series, truth, mirror }
        });
        Self { differences: differences.collect() }
    }

    /// Tells whether there was none.
    pub fn is_none(&self) -> bool {
        self.differences.is_empty()
    }

    /// Returns what differed.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }
}

impl fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler").finish_non_exhaustive()
    }
}
