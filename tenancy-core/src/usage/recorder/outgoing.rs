use crate::TenantId;
use crate::usage::{BatchId, Hour, Series, UsageBatch};

/// How one tenant's counts leave: the protocol, without anything around it.
///
/// At most one batch is on its way. It stays as it is until it is known to be in, so that it can
/// be sent again; what comes meanwhile is summed up for the next one. So batches of a tenant
/// arrive in the order of their sequences, and a store need only remember the last one.
#[derive(Debug)]
pub(super) struct Outgoing {
    tenant: TenantId,
    /// What is on its way, or was sent and not answered.
    sealed: Option<UsageBatch>,
    /// Its name is not given yet.
    next: UsageBatch,
}

impl Outgoing {
    pub(super) fn new(tenant: TenantId) -> Self {
        Self { tenant, sealed: None, next: unnamed(tenant) }
    }

    pub(super) fn add(&mut self, hour: Hour, series: &Series, count: u64) {
        self.next.add(hour, series, count);
    }

    /// Returns what must be sent now. The name is asked for when a new batch is sealed.
    pub(super) fn seal(&mut self, name: impl FnOnce() -> BatchId) -> Option<UsageBatch> {
        if self.sealed.is_none() && !self.next.is_empty() {
            let next = std::mem::replace(&mut self.next, unnamed(self.tenant));
            self.sealed = Some(next.renamed(name()));
        }
        self.sealed.clone()
    }

    /// Takes a batch off that is in, or will never be. An answer that was overtaken changes
    /// nothing.
    pub(super) fn settle(&mut self, id: BatchId) {
        if self.sealed.as_ref().is_some_and(|sealed| sealed.id() == id) {
            self.sealed = None;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sealed.is_none() && self.next.is_empty()
    }
}

fn unnamed(tenant: TenantId) -> UsageBatch {
    UsageBatch::new(BatchId::new(uuid::Uuid::nil(), 0, 0), tenant)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::usage::Meter;

    fn sum(batch: &UsageBatch) -> u64 {
        batch.counts().map(|(_, _, count)| count).sum()
    }

    #[test]
    fn a_batch_stays_as_it_is_until_it_is_in() {
        let (hour, calls) = (Hour::from_number(500_000).unwrap(), Series::from(Meter::API_CALLS));
        let id = |sequence| BatchId::new(Uuid::nil(), 1, sequence);
        for tenant in [TenantId::generate(), TenantId::generate()] {
            let mut outgoing = Outgoing::new(tenant);
            assert_eq!(outgoing.seal(|| unreachable!("there is nothing to name")), None);
            outgoing.add(hour, &calls, 5);
            let first = outgoing.seal(|| id(1)).unwrap();
            outgoing.add(hour, &calls, 7);
            let again = outgoing.seal(|| unreachable!("it has a name")).unwrap();
            assert_eq!((sum(&again), again), (5, first));
            outgoing.settle(id(1));
            let second = outgoing.seal(|| id(2)).unwrap();
            assert_eq!((sum(&second), second.tenant()), (7, tenant));
            // The first one is answered once more.
            outgoing.settle(id(1));
            assert!(!outgoing.is_empty());
            outgoing.settle(id(2));
            assert!(outgoing.is_empty());
        }
    }
}
