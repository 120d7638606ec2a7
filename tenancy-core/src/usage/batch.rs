use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::{Hour, Series, Usage};
use crate::TenantId;

/// Names a batch: which producer made it, in which of its runs, and as which one of that run.
///
/// A producer is one process, or one log on a disk. Its epoch grows with each start, so that
/// sequences may begin anew. For one tenant a producer delivers its batches in order, and none
/// before the one ahead of it was taken: then the last sequence is all a store must remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId {
    producer: Uuid,
    epoch: u64,
    sequence: u64,
}

impl BatchId {
    /// Names the `sequence`th batch of a producer's run; both numbers begin at 1.
    pub const fn new(producer: Uuid, epoch: u64, sequence: u64) -> Self {
        Self { producer, epoch, sequence }
    }

    /// Returns who made it.
    pub const fn producer(self) -> Uuid {
        self.producer
    }

    /// Returns in which of its runs.
    pub const fn epoch(self) -> u64 {
        self.epoch
    }

    /// Returns which one of that run it is.
    pub const fn sequence(self) -> u64 {
        self.sequence
    }
}

/// What a tenant used, summed up, under a name by which stores know it again.
///
/// A batch never changes: it is sent again as it is until it is known to be in.
///
/// ```
/// use tenancy_core::usage::{BatchId, Hour, Meter, UsageBatch};
/// use tenancy_core::{SystemClock, TenantId};
/// use uuid::Uuid;
///
/// let id = BatchId::new(Uuid::now_v7(), 1, 1);
/// let mut batch = UsageBatch::new(id, TenantId::generate());
/// let hour = Hour::current(&SystemClock);
/// batch.add(hour, &Meter::API_CALLS.into(), 3);
/// batch.add(hour, &Meter::API_CALLS.into(), 4);
/// assert_eq!(batch.counts().collect::<Vec<_>>(), [(hour, &Meter::API_CALLS.into(), 7)]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UsageBatch {
    id: BatchId,
    tenant: TenantId,
    counts: BTreeMap<Hour, BTreeMap<Series, u64>>,
}

impl UsageBatch {
    /// Begins a batch of a tenant, with nothing in it.
    pub const fn new(id: BatchId, tenant: TenantId) -> Self {
        Self { id, tenant, counts: BTreeMap::new() }
    }

    /// Adds what was used in an hour, up to [`Usage::MAX_COUNT`].
    pub fn add(&mut self, hour: Hour, series: &Series, count: u64) {
        let counts = self.counts.entry(hour).or_default();
        if let Some(sum) = counts.get_mut(series) {
            *sum = sum.saturating_add(count).min(Usage::MAX_COUNT);
        } else {
            counts.insert(series.clone(), count.min(Usage::MAX_COUNT));
        }
    }

    /// Gives it a name, once its counts are settled.
    pub(super) fn renamed(self, id: BatchId) -> Self {
        Self { id, ..self }
    }

    /// Returns its name.
    pub const fn id(&self) -> BatchId {
        self.id
    }

    /// Returns whose usage it is.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns what was used: by hour, then by series.
    pub fn counts(&self) -> impl Iterator<Item = (Hour, &Series, u64)> {
        let hours = self.counts.iter();
        hours.flat_map(|(hour, counts)| {
            counts.iter().map(move |(series, count)| (*hour, series, *count))
        })
    }

    /// Tells whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

impl fmt::Debug for UsageBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("UsageBatch");
        out.field("id", &self.id).field("counts", &self.counts).finish_non_exhaustive()
    }
}
