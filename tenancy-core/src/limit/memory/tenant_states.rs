use std::collections::HashMap;
use std::num::NonZeroU32;

use foldhash::fast::RandomState;

use super::charges::Charges;
use super::state::State;
use crate::Error;
use crate::limit::step::Reading;
use crate::limit::{Call, Decision, Limit, LimitKey, Operation, Policy, Source};

/// The states of one tenant.
///
/// Most tenants have a handful, which are found faster one by one than by hashing.
#[derive(Debug, Default)]
pub(super) struct TenantStates {
    slots: Vec<Slot>,
    /// Where each key's slot is. Empty while there are only a few.
    places: HashMap<LimitKey, usize, RandomState>,
    charges: Charges,
}

#[derive(Debug)]
struct Slot {
    key: LimitKey,
    state: State,
    idle_at: i64,
}

const FEW: usize = 8;
const ONE: NonZeroU32 = NonZeroU32::MIN;

type Places = [Option<usize>; Limit::MAX_PER_DECISION];

impl TenantStates {
    pub(super) fn decide(
        &mut self,
        limits: &[Limit],
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        let mut places: Places = [None; Limit::MAX_PER_DECISION];
        for (limit, place) in limits.iter().zip(&mut places) {
            *place = self.place(limit.key());
        }
        let ask = Call::peek(ONE).with(call.id());
        match call.operation() {
            Operation::Charge => self.charge_all(limits, &places, now, call),
            Operation::Peek => self.read_all(limits, &places, now, call),
            Operation::UpTo => match self.most(limits, &places, now, call) {
                Some(most) => self.charge_all(limits, &places, now, call.at_cost(most)),
                None => self.read_all(limits, &places, now, ask),
            },
            Operation::Force => {
                let mut decision = self.read_all(limits, &places, now, ask)?;
                decision.read_anew(|at, _| self.charge_at(places[at], &limits[at], now, call));
                self.remember(limits, now, call);
                Ok(decision.granting(call.cost().get()))
            }
            Operation::Refund => {
                let granted = self.refund(limits, &places, now, call);
                self.read_all(limits, &places, now, ask).map(|decision| decision.granting(granted))
            }
            Operation::Release | Operation::Renew => {
                let granted = self.permits(limits, &places, now, call);
                self.read_all(limits, &places, now, ask).map(|decision| decision.granting(granted))
            }
            Operation::Reset => {
                self.reset(limits, &places);
                self.read_all(limits, &places, now, ask)
            }
        }
    }

    fn charge_all(
        &mut self,
        limits: &[Limit],
        places: &Places,
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        let mut decision = self.read_all(limits, places, now, call)?;
        if !decision.is_allowed() {
            return Ok(decision);
        }
        decision.read_anew(|at, before| match before.refusal {
            None => self.charge_at(places[at], &limits[at], now, call),
            // One in shadow is charged what it would have admitted.
            Some(_) => before,
        });
        self.remember(limits, now, call);
        Ok(decision.granting(call.cost().get()))
    }

    /// The most that all limits admit, up to the cost; `None` when that is nothing.
    fn most(&self, limits: &[Limit], places: &Places, now: i64, call: Call) -> Option<NonZeroU32> {
        let ask = Call::peek(ONE).with(call.id());
        let mut most = call.cost().get();
        for (limit, place) in limits.iter().zip(places).filter(|(limit, _)| !limit.is_shadow()) {
            let reading = self.read_at(*place, limit, now, ask);
            match limit.policy() {
                // A call takes one permit, whatever it costs.
                Policy::Concurrency(_) if reading.refusal.is_none() => {}
                Policy::Concurrency(_) => return None,
                _ => most = most.min(reading.remaining),
            }
        }
        NonZeroU32::new(most)
    }

    fn refund(&mut self, limits: &[Limit], places: &Places, now: i64, call: Call) -> u32 {
        let Some(id) = call.id() else { return 0 };
        let Some(charge) = self.charges.take(id, limits, now) else { return 0 };
        for (limit, place) in limits.iter().zip(places) {
            if let Some(slot) = place.and_then(|place| self.slots.get_mut(place)) {
                slot.state.follow(limit, now);
                slot.state.refund(now, charge.cost, charge.at, id);
            }
        }
        charge.cost.get()
    }

    /// Releases or renews the permits of an id; tells whether all of them were held.
    fn permits(&mut self, limits: &[Limit], places: &Places, now: i64, call: Call) -> u32 {
        let Some(id) = call.id() else { return 0 };
        let of_permits = |(limit, _): &(&Limit, &Option<usize>)| {
            matches!(limit.policy(), Policy::Concurrency(_))
        };
        let mut all_held = limits.iter().zip(places).any(|each| of_permits(&each));
        for (limit, place) in limits.iter().zip(places).filter(of_permits) {
            let held = place.and_then(|place| match &mut self.slots[place].state {
                State::Concurrency(state) if state.is_held(now, id) => Some(state),
                _ => None,
            });
            match held {
                Some(state) if call.operation() == Operation::Release => state.release(id),
                Some(_) => drop(self.charge_at(*place, limit, now, call)),
                None => all_held = false,
            }
        }
        u32::from(all_held)
    }

    fn reset(&mut self, limits: &[Limit], places: &Places) {
        for (limit, place) in limits.iter().zip(places) {
            if let Some(place) = place {
                self.slots[*place].state = State::new(limit.policy());
            }
        }
    }

    /// Remembers a charge that has a name, so that it can be given back.
    fn remember(&mut self, limits: &[Limit], now: i64, call: Call) {
        if let Some(id) = call.id() {
            self.charges.remember(id, limits, now, call.cost());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() + self.charges.len()
    }

    /// Drops the states that have been as good as none since then.
    pub(super) fn drop_idle(&mut self, since: i64) {
        self.charges.drop_idle(since);
        let before = self.slots.len();
        self.slots.retain(|slot| slot.idle_at > since);
        if self.slots.len() == before {
            return;
        }
        self.slots.shrink_to(self.slots.len() * 2);
        self.places = HashMap::default();
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

    fn read_all(
        &self,
        limits: &[Limit],
        places: &Places,
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        let each = limits.iter().zip(places);
        let readings = each.map(|(limit, place)| (limit, self.read_at(*place, limit, now, call)));
        Decision::from_readings(readings, Source::Exact)
    }

    fn read_at(&self, place: Option<usize>, limit: &Limit, now: i64, call: Call) -> Reading {
        let policy = limit.policy();
        match place.map(|place| &self.slots[place].state) {
            Some(state) if state.follows(policy) => state.read(policy, now, call.cost(), call.id()),
            Some(state) => {
                let mut state = state.clone();
                state.follow(limit, now);
                state.read(policy, now, call.cost(), call.id())
            }
            None => State::new(policy).read(policy, now, call.cost(), call.id()),
        }
    }

    fn charge_at(&mut self, place: Option<usize>, limit: &Limit, now: i64, call: Call) -> Reading {
        let place = place.unwrap_or_else(|| self.add(limit));
        let slot = &mut self.slots[place];
        slot.state.follow(limit, now);
        let reading = slot.state.charge(limit.policy(), now, call.cost(), call.id());
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
