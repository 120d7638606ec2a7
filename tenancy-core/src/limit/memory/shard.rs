use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::shared::Shared;
use super::tenant_states::TenantStates;
use crate::limit::{Call, Decision, Limit, Operation};
use crate::{Error, TenantId};

/// The states of some tenants, behind one lock.
#[derive(Debug)]
pub(super) struct Shard {
    tenants: HashMap<TenantId, TenantStates, RandomState>,
    states: usize,
    sweep_at: i64,
    sweep_above: usize,
}

const SWEEP_EVERY_MICROS: i64 = 60_000_000;
const SWEEP_ABOVE_AT_LEAST: usize = 128;
/// A state outlives its window by a second: a clock that steps back a little finds it again.
const GRACE_MICROS: i64 = 1_000_000;

impl Shard {
    pub(super) fn new() -> Self {
        Self {
            tenants: HashMap::default(),
            states: 0,
            sweep_at: i64::MIN,
            sweep_above: SWEEP_ABOVE_AT_LEAST,
        }
    }

    pub(super) fn decide(
        &mut self,
        tenant: TenantId,
        limits: &[Limit],
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        let looks_only = call.operation() == Operation::Peek;
        if !looks_only && (now >= self.sweep_at || self.states > self.sweep_above) {
            self.sweep(now);
        }
        match self.tenants.get_mut(&tenant) {
            Some(known) => known.decide_counting(limits, now, call, &mut self.states),
            None => self.decide_unknown(tenant, limits, now, call),
        }
    }

    fn decide_unknown(
        &mut self,
        tenant: TenantId,
        limits: &[Limit],
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        let mut unknown = TenantStates::default();
        let decision = unknown.decide(limits, now, call);
        // Who was refused at once leaves nothing behind.
        if unknown.len() > 0 {
            self.states += unknown.len();
            self.tenants.insert(tenant, unknown);
        }
        decision
    }

    /// Shares the buckets of a handle; `None` when the limits are not all buckets.
    pub(super) fn share(&mut self, tenant: TenantId, limits: &[Limit], now: i64) -> Option<Shared> {
        if !TenantStates::can_share(limits) {
            return None;
        }
        let states = self.tenants.entry(tenant).or_default();
        let before = states.len();
        let shared = states.share(limits, now);
        self.states = self.states + states.len() - before;
        Some(shared)
    }

    pub(super) const fn len(&self) -> usize {
        self.states
    }

    /// Drops the states whose window has passed: once in a while, and whenever there are twice
    /// as many as the last time. The cost spreads over the decisions between.
    fn sweep(&mut self, now: i64) {
        let since = now.saturating_sub(GRACE_MICROS);
        self.states = 0;
        self.tenants.retain(|_, states| {
            states.drop_idle(since);
            self.states += states.len();
            states.len() > 0
        });
        self.tenants.shrink_to(self.tenants.len() * 2);
        self.sweep_above = (self.states * 2).max(SWEEP_ABOVE_AT_LEAST);
        self.sweep_at = now.saturating_add(SWEEP_EVERY_MICROS);
    }
}
