use std::num::NonZeroU32;

use crate::limit::step::{
    AtMostState, CalendarState, ConcurrencyState, Reading, SlidingLogState, TokenBucketState,
};
use crate::limit::{ChargeId, Limit, Policy};

/// The state of any shape.
#[derive(Debug, Clone)]
pub(super) enum State {
    SlidingLog(SlidingLogState),
    // Most of the others take half of its room.
    AtMost(Box<AtMostState>),
    TokenBucket(TokenBucketState),
    Calendar(CalendarState),
    Concurrency(ConcurrencyState),
}

impl State {
    pub(super) fn new(policy: Policy) -> Self {
        match policy {
            Policy::SlidingLog(_) => Self::SlidingLog(SlidingLogState::new()),
            Policy::AtMost(policy) => Self::AtMost(Box::new(AtMostState::new(policy))),
            Policy::TokenBucket(policy) => Self::TokenBucket(TokenBucketState::new(policy)),
            Policy::Calendar(policy) => Self::Calendar(CalendarState::new(policy)),
            Policy::Concurrency(_) => Self::Concurrency(ConcurrencyState::new()),
        }
    }

    /// Tells whether it is of this policy.
    #[inline]
    pub(super) fn follows(&self, policy: Policy) -> bool {
        match (self, policy) {
            (Self::SlidingLog(_), Policy::SlidingLog(_))
            | (Self::Concurrency(_), Policy::Concurrency(_)) => true,
            (Self::AtMost(state), Policy::AtMost(policy)) => state.policy() == policy,
            (Self::TokenBucket(state), Policy::TokenBucket(policy)) => state.policy() == policy,
            (Self::Calendar(state), Policy::Calendar(policy)) => state.policy() == policy,
            _ => false,
        }
    }

    /// Makes it one of the limit's policy.
    pub(super) fn follow(&mut self, limit: &Limit, now: i64) {
        if self.follows(limit.policy()) {
            return;
        }
        let change = limit.change();
        match (&mut *self, limit.policy()) {
            (Self::AtMost(state), Policy::AtMost(policy)) => {
                **state = state.under(policy, change, now);
            }
            (Self::TokenBucket(state), Policy::TokenBucket(policy)) => {
                *state = state.under(policy, change, now);
            }
            (Self::Calendar(state), Policy::Calendar(policy)) => {
                *state = state.under(policy, change, now);
            }
            (_, policy) => *self = Self::new(policy),
        }
    }

    /// Reads a state that [follows](Self::follow) the policy.
    #[inline]
    pub(super) fn read(
        &self,
        policy: Policy,
        now: i64,
        cost: NonZeroU32,
        id: Option<ChargeId>,
    ) -> Reading {
        match (self, policy) {
            (Self::SlidingLog(state), Policy::SlidingLog(policy)) => state.read(policy, now, cost),
            (Self::AtMost(state), _) => state.read(now, cost),
            (Self::TokenBucket(state), _) => state.read(now, cost),
            (Self::Calendar(state), _) => state.read(now, cost),
            (Self::Concurrency(state), Policy::Concurrency(policy)) => state.read(policy, now, id),
            // A state of another shape is as good as none.
            (_, policy) => Self::new(policy).read(policy, now, cost, id),
        }
    }

    /// Tells whether a state that [follows](Self::follow) the policy admits a cost.
    #[inline]
    pub(super) fn admits(
        &self,
        policy: Policy,
        now: i64,
        cost: NonZeroU32,
        id: Option<ChargeId>,
    ) -> bool {
        match (self, policy) {
            (Self::SlidingLog(state), Policy::SlidingLog(policy)) => {
                state.admits(policy, now, cost)
            }
            (Self::AtMost(state), _) => state.admits(now, cost),
            (Self::TokenBucket(state), _) => state.admits(now, cost),
            (Self::Calendar(state), _) => state.admits(now, cost),
            _ => self.read(policy, now, cost, id).refusal.is_none(),
        }
    }

    /// Charges a state that [follows](Self::follow) the policy, and reads it.
    #[inline]
    pub(super) fn charge(
        &mut self,
        policy: Policy,
        now: i64,
        cost: NonZeroU32,
        id: Option<ChargeId>,
    ) -> Reading {
        match (&mut *self, policy) {
            (Self::SlidingLog(state), Policy::SlidingLog(policy)) => {
                return state.charge(policy, now, cost);
            }
            (Self::AtMost(state), _) => state.charge(now, cost),
            (Self::TokenBucket(state), _) => state.charge(now, cost),
            (Self::Calendar(state), _) => state.charge(now, cost),
            (Self::Concurrency(state), Policy::Concurrency(policy)) => {
                if let Some(id) = id {
                    state.take(policy, now, id);
                }
            }
            _ => {}
        }
        Reading { refusal: None, ..self.read(policy, now, NonZeroU32::MIN, id) }
    }

    /// Gives back what was charged at `then` under an id.
    pub(super) fn refund(&mut self, now: i64, cost: NonZeroU32, then: i64, id: ChargeId) {
        match self {
            Self::SlidingLog(_) => {}
            Self::AtMost(state) => state.refund(cost, then),
            Self::TokenBucket(state) => state.refund(now, cost, then),
            Self::Calendar(state) => state.refund(now, cost, then),
            Self::Concurrency(state) => state.release(id),
        }
    }

    /// When the state is the same as none, as far as that depends on a policy it does not keep.
    #[inline]
    pub(super) fn idle_under(&self, policy: Policy) -> i64 {
        match (self, policy) {
            (Self::SlidingLog(state), Policy::SlidingLog(policy)) => {
                state.newest().map_or(i64::MIN, |at| at.saturating_add(policy.per_micros()))
            }
            _ => i64::MIN,
        }
    }

    /// When the state is the same as none, as far as it knows by itself. Only a sweep asks.
    pub(super) fn idle_by_itself(&self) -> i64 {
        match self {
            Self::SlidingLog(_) => i64::MIN,
            Self::AtMost(state) => state.idle_at(),
            Self::TokenBucket(state) => state.idle_at(),
            Self::Calendar(state) => state.idle_at(),
            Self::Concurrency(state) => state.idle_at(),
        }
    }
}
