use std::sync::Arc;

use super::cell::{Cell, Turn, Turnstile};
use super::state::State;
use crate::limit::TokenBucket;
use crate::limit::step::TokenBucketState;

/// A bucket that handles charge too, under the policy they were taken with.
#[derive(Debug)]
pub(super) struct SharedBucket {
    policy: TokenBucket,
    cell: Cell,
}

impl SharedBucket {
    pub(super) fn new(state: TokenBucketState) -> Self {
        Self { policy: state.policy(), cell: Cell::new(state.words()) }
    }

    /// Returns the state; `None` when it is kept elsewhere now.
    #[inline]
    pub(super) fn read(&self, turn: &Turn<'_>) -> Option<TokenBucketState> {
        Some(TokenBucketState::of_words(self.policy, self.cell.read(turn)?))
    }

    #[inline]
    pub(super) fn write(&self, turn: &Turn<'_>, state: TokenBucketState) {
        self.cell.write(turn, state.words());
    }

    /// Writes what a state has become; tells whether it is shared still.
    pub(super) fn write_back(&self, turn: &Turn<'_>, state: &State) -> bool {
        match state {
            State::TokenBucket(state) if state.policy() == self.policy => {
                self.write(turn, *state);
                true
            }
            _ => {
                self.cell.retire(turn);
                false
            }
        }
    }
}

/// The buckets of one handle, and what lets one at a time use them.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) turnstile: Arc<Turnstile>,
    pub(super) buckets: Arc<[Arc<SharedBucket>]>,
}
