use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;

use crate::TenantId;
use crate::limit::step::{Reading, SlidingLogState};
use crate::limit::{LimitKey, Policy};

/// The state of any shape.
#[derive(Debug)]
pub(super) enum State {
    SlidingLog(SlidingLogState),
}

impl State {
    pub(super) fn new(policy: Policy) -> Self {
        match policy {
            Policy::SlidingLog(_) => Self::SlidingLog(SlidingLogState::new()),
        }
    }

    pub(super) fn read(&self, policy: Policy, now: i64, cost: NonZeroU32) -> Reading {
        match (self, policy) {
            (Self::SlidingLog(state), Policy::SlidingLog(policy)) => state.read(policy, now, cost),
        }
    }

    pub(super) fn charge(&mut self, policy: Policy, now: i64, cost: NonZeroU32) -> Reading {
        match (self, policy) {
            (Self::SlidingLog(state), Policy::SlidingLog(policy)) => {
                state.charge(policy, now, cost)
            }
        }
    }

    /// When the state is the same as none.
    pub(super) fn idle_at(&self, policy: Policy) -> i64 {
        match (self, policy) {
            (Self::SlidingLog(state), Policy::SlidingLog(policy)) => {
                state.newest().map_or(i64::MIN, |at| at.saturating_add(policy.per_micros()))
            }
        }
    }
}

/// Whose state it is.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct StateKey {
    pub(super) tenant: TenantId,
    pub(super) limit: LimitKey,
}

/// A [`StateKey`] by reference: a look-up clones nothing.
pub(super) trait AsStateKey {
    fn parts(&self) -> (TenantId, &LimitKey);
}

impl AsStateKey for StateKey {
    fn parts(&self) -> (TenantId, &LimitKey) {
        (self.tenant, &self.limit)
    }
}

impl AsStateKey for (TenantId, &LimitKey) {
    fn parts(&self) -> (TenantId, &LimitKey) {
        *self
    }
}

impl<'a> Borrow<dyn AsStateKey + 'a> for StateKey {
    fn borrow(&self) -> &(dyn AsStateKey + 'a) {
        self
    }
}

impl PartialEq for dyn AsStateKey + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn AsStateKey + '_ {}

impl Hash for dyn AsStateKey + '_ {
    // The same as what `StateKey` derives.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let (tenant, limit) = self.parts();
        tenant.hash(hasher);
        limit.hash(hasher);
    }
}
