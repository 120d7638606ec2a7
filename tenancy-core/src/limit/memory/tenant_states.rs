use std::collections::HashMap;
use std::num::NonZeroU32;

use super::state::State;
use crate::Error;
use crate::limit::step::Reading;
use crate::limit::{Decision, Limit, LimitKey, Source};

/// The states of one tenant.
///
/// Most tenants have a handful, which are found faster one by one than by hashing.
#[derive(Debug, Default)]
pub(super) struct TenantStates {
    slots: Vec<Slot>,
    /// Where each key's slot is. Empty while there are only a few.
    places: HashMap<LimitKey, usize>,
}

#[derive(Debug)]
struct Slot {
    key: LimitKey,
    state: State,
    idle_at: i64,
}

const FEW: usize = 8;

impl TenantStates {
    pub(super) fn check(
        &mut self,
        limits: &[Limit],
        now: i64,
        cost: NonZeroU32,
    ) -> Result<Decision, Error> {
        let mut places = [None; Limit::MAX_PER_DECISION];
        let readings = limits.iter().zip(&mut places).map(|(limit, place)| {
            *place = self.place(limit.key());
            (limit, self.read_at(*place, limit, now, cost))
        });
        let mut decision = Decision::from_readings(readings, Source::Exact)?;
        if decision.is_allowed() {
            decision.read_anew(|at| self.charge_at(places[at], &limits[at], now, cost));
        }
        Ok(decision)
    }

    pub(super) fn peek(&self, limits: &[Limit], now: i64) -> Result<Decision, Error> {
        let readings = limits.iter().map(|limit| {
            (limit, self.read_at(self.place(limit.key()), limit, now, NonZeroU32::MIN))
        });
        Decision::from_readings(readings, Source::Exact)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Drops the states that have been as good as none since then.
    pub(super) fn drop_idle(&mut self, since: i64) {
        let before = self.slots.len();
        self.slots.retain(|slot| slot.idle_at > since);
        if self.slots.len() == before {
            return;
        }
        self.slots.shrink_to(self.slots.len() * 2);
        self.places = HashMap::new();
        if self.slots.len() > FEW {
            self.index(0);
        }
    }

    fn place(&self, key: &LimitKey) -> Option<usize> {
        if self.places.is_empty() {
            self.slots.iter().position(|slot| slot.key == *key)
        } else {
            self.places.get(key).copied()
        }
    }

    /// Notes the places of the slots from one on.
    fn index(&mut self, first: usize) {
        let slots = self.slots.iter().enumerate().skip(first);
        self.places.extend(slots.map(|(place, slot)| (slot.key.clone(), place)));
    }

    fn read_at(&self, place: Option<usize>, limit: &Limit, now: i64, cost: NonZeroU32) -> Reading {
        match place {
            Some(place) => self.slots[place].state.read(limit.policy(), now, cost),
            None => State::new(limit.policy()).read(limit.policy(), now, cost),
        }
    }

    fn charge_at(
        &mut self,
        place: Option<usize>,
        limit: &Limit,
        now: i64,
        cost: NonZeroU32,
    ) -> Reading {
        let place = place.unwrap_or_else(|| self.add(limit));
        let slot = &mut self.slots[place];
        let reading = slot.state.charge(limit.policy(), now, cost);
        slot.idle_at = slot.idle_at.max(slot.state.idle_at(limit.policy()));
        reading
    }

    fn add(&mut self, limit: &Limit) -> usize {
        let place = self.slots.len();
        let (key, state) = (limit.key().clone(), State::new(limit.policy()));
        self.slots.push(Slot { key, state, idle_at: i64::MIN });
        if !self.places.is_empty() {
            self.index(place);
        } else if self.slots.len() > FEW {
            self.index(0);
        }
        place
    }
}
