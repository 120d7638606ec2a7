//! What a tenant's handles share with calls by key.

use std::sync::Arc;

use super::cell::{Turn, Turnstile};
use super::shared::{Shared, SharedBucket};
use super::state::State;
use super::tenant_states::{Places, Slot, TenantStates};
use crate::limit::{Limit, Policy};

impl TenantStates {
    /// Tells whether all of these are buckets that handles may charge by themselves.
    pub(super) fn can_share(limits: &[Limit]) -> bool {
        let is_bucket = |limit: &Limit| matches!(limit.policy(), Policy::TokenBucket(_));
        limits.iter().all(|limit| is_bucket(limit) && !limit.is_shadow())
    }

    /// Shares buckets with one more handle.
    pub(super) fn share(&mut self, limits: &[Limit], now: i64) -> Shared {
        let turnstile = self.turnstile.get_or_insert_with(|| Arc::new(Turnstile::new())).clone();
        let turn = turnstile.take();
        let buckets = limits.iter().enumerate().filter_map(|(at, limit)| {
            let place = self.place(limit.key(), at).unwrap_or_else(|| self.add(limit));
            self.slots[place].share(&turn, limit, now)
        });
        let buckets = buckets.collect();
        drop(turn);
        Shared { turnstile, buckets }
    }

    /// Reads what handles have charged since.
    pub(super) fn read_shared(&mut self, turn: &Turn<'_>, places: &Places) {
        for place in places.iter().flatten() {
            self.slots[*place].read_shared(turn);
        }
    }

    /// Writes what was charged by key, for the handles.
    pub(super) fn write_shared(&mut self, turn: &Turn<'_>, places: &Places) {
        for place in places.iter().flatten() {
            self.slots[*place].write_shared(turn);
        }
    }

    /// Takes back what no handle is left for.
    pub(super) fn part_from_handles(&mut self) {
        let Some(turnstile) = self.turnstile.clone() else { return };
        let turn = turnstile.take();
        for slot in &mut self.slots {
            // Nobody can take another meanwhile: the limiter's lock is ours.
            if slot.shared.as_ref().is_some_and(|shared| Arc::strong_count(shared) == 1) {
                slot.read_shared(&turn);
                slot.shared = None;
            }
        }
        if self.slots.iter().all(|slot| slot.shared.is_none()) {
            self.turnstile = None;
        }
    }
}

impl Slot {
    /// Shares its bucket, under the policy of this limit from now on.
    fn share(&mut self, turn: &Turn<'_>, limit: &Limit, now: i64) -> Option<Arc<SharedBucket>> {
        self.read_shared(turn);
        self.state.follow(limit, now);
        self.write_shared(turn);
        let State::TokenBucket(state) = self.state else { return None };
        let shared = self.shared.get_or_insert_with(|| Arc::new(SharedBucket::new(state)));
        Some(shared.clone())
    }

    fn read_shared(&mut self, turn: &Turn<'_>) {
        if let Some(state) = self.shared.as_ref().and_then(|shared| shared.read(turn)) {
            self.state = State::TokenBucket(state);
        }
    }

    fn write_shared(&mut self, turn: &Turn<'_>) {
        if self.shared.as_ref().is_some_and(|shared| !shared.write_back(turn, &self.state)) {
            self.shared = None;
        }
    }
}
