use std::collections::HashMap;
use std::num::NonZeroU32;

use super::state::{AsStateKey, State, StateKey};
use crate::limit::step::Reading;
use crate::limit::{Decision, Limit, Source};
use crate::{Error, TenantId};

/// The states of some tenants. A tenant's states are all in one shard, so that one lock covers
/// a decision.
#[derive(Debug)]
pub(super) struct Shard {
    states: HashMap<StateKey, Slot>,
    sweep_at: i64,
    sweep_above: usize,
}

#[derive(Debug)]
struct Slot {
    state: State,
    idle_at: i64,
}

const SWEEP_EVERY_MICROS: i64 = 60_000_000;
/// A state outlives its window by a second: a clock that steps back a little finds it again.
const GRACE_MICROS: i64 = 1_000_000;
const SWEEP_ABOVE_AT_LEAST: usize = 128;

impl Shard {
    pub(super) fn new() -> Self {
        Self { states: HashMap::new(), sweep_at: i64::MIN, sweep_above: SWEEP_ABOVE_AT_LEAST }
    }

    pub(super) fn check(
        &mut self,
        tenant: TenantId,
        limits: &[Limit],
        now: i64,
        cost: NonZeroU32,
    ) -> Result<Decision, Error> {
        self.sweep_if_due(now);
        // One limit is read and charged at once: most decisions are of this kind.
        if let [limit] = limits {
            let reading = self.step(tenant, limit, now, cost);
            return Decision::from_readings([(limit, reading)], Source::Exact);
        }
        let readings: Vec<_> =
            limits.iter().map(|limit| self.read(tenant, limit, now, cost)).collect();
        if readings.iter().any(|reading| reading.refusal.is_some()) {
            return Decision::from_readings(limits.iter().zip(readings), Source::Exact);
        }
        let charged = limits.iter().map(|limit| (limit, self.charge(tenant, limit, now, cost)));
        Decision::from_readings(charged, Source::Exact)
    }

    pub(super) fn peek(
        &self,
        tenant: TenantId,
        limits: &[Limit],
        now: i64,
    ) -> Result<Decision, Error> {
        let readings =
            limits.iter().map(|limit| (limit, self.read(tenant, limit, now, NonZeroU32::MIN)));
        Decision::from_readings(readings, Source::Exact)
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    fn step(&mut self, tenant: TenantId, limit: &Limit, now: i64, cost: NonZeroU32) -> Reading {
        let key = (tenant, limit.key());
        let Some(slot) = self.states.get_mut(&key as &dyn AsStateKey) else {
            let reading = State::new(limit.policy()).read(limit.policy(), now, cost);
            return if reading.refusal.is_some() {
                reading
            } else {
                self.charge(tenant, limit, now, cost)
            };
        };
        let reading = slot.state.read(limit.policy(), now, cost);
        if reading.refusal.is_some() { reading } else { slot.charge(limit, now, cost) }
    }

    fn read(&self, tenant: TenantId, limit: &Limit, now: i64, cost: NonZeroU32) -> Reading {
        match self.states.get(&(tenant, limit.key()) as &dyn AsStateKey) {
            Some(slot) => slot.state.read(limit.policy(), now, cost),
            None => State::new(limit.policy()).read(limit.policy(), now, cost),
        }
    }

    fn charge(&mut self, tenant: TenantId, limit: &Limit, now: i64, cost: NonZeroU32) -> Reading {
        let key = (tenant, limit.key());
        if let Some(slot) = self.states.get_mut(&key as &dyn AsStateKey) {
            return slot.charge(limit, now, cost);
        }
        let mut slot = Slot { state: State::new(limit.policy()), idle_at: i64::MIN };
        let reading = slot.charge(limit, now, cost);
        self.states.insert(StateKey { tenant, limit: limit.key().clone() }, slot);
        reading
    }

    /// Drops the states whose window has passed: once in a while, and whenever there are twice
    /// as many as the last time. The cost spreads over the decisions between.
    fn sweep_if_due(&mut self, now: i64) {
        if now < self.sweep_at && self.states.len() <= self.sweep_above {
            return;
        }
        let idle_since = now.saturating_sub(GRACE_MICROS);
        self.states.retain(|_, slot| slot.idle_at > idle_since);
        let len = self.states.len();
        if len < self.states.capacity() / 4 {
            self.states.shrink_to(len * 2);
        }
        self.sweep_above = (len * 2).max(SWEEP_ABOVE_AT_LEAST);
        self.sweep_at = now.saturating_add(SWEEP_EVERY_MICROS);
    }
}

impl Slot {
    fn charge(&mut self, limit: &Limit, now: i64, cost: NonZeroU32) -> Reading {
        let reading = self.state.charge(limit.policy(), now, cost);
        self.idle_at = self.idle_at.max(self.state.idle_at(limit.policy()));
        reading
    }
}
