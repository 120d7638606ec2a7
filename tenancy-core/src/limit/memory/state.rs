use std::num::NonZeroU32;

use crate::limit::Policy;
use crate::limit::step::{Reading, SlidingLogState};

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
