use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::cell::Turnstile;
use super::charges::Charges;
use super::shared::SharedBucket;
use super::state::State;
use crate::Error;
use crate::limit::step::Reading;
use crate::limit::{Call, Decision, Limit, LimitKey, Operation, Policy, Source};

/// The states of one tenant.
///
/// Most tenants have a handful, which are found faster one by one than by hashing.
#[derive(Debug, Default)]
pub(super) struct TenantStates {
    pub(super) slots: Vec<Slot>,
    /// Where each key's slot is. None while there are only a few.
    places: Option<Box<Index>>,
    /// Those with a name. Most tenants have none.
    charges: Option<Box<Charges>>,
    /// There while handles share some of the slots.
    pub(super) turnstile: Option<Arc<Turnstile>>,
}

type Index = HashMap<LimitKey, usize, RandomState>;

#[derive(Debug)]
pub(super) struct Slot {
    key: LimitKey,
    /// As it was when it was last asked by key, where handles share it.
    pub(super) state: State,
    pub(super) idle_at: i64,
    pub(super) shared: Option<Arc<SharedBucket>>,
}

const FEW: usize = 8;
const ONE: NonZeroU32 = NonZeroU32::MIN;

pub(super) type Places = [Option<usize>; Limit::MAX_PER_DECISION];

impl TenantStates {
    /// Decides, and counts the states that came or went in `states`.
    pub(super) fn decide_counting(
        &mut self,
        limits: &[Limit],
        now: i64,
        call: Call,
        states: &mut usize,
    ) -> Result<Decision, Error> {
        let before = self.len();
        let decision = self.decide(limits, now, call);
        *states = *states + self.len() - before;
        decision
    }

    pub(super) fn decide(
        &mut self,
        limits: &[Limit],
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        if let [limit] = limits
            && let Some(decision) = self.charge_one(limit, now, call)
        {
            return Ok(decision);
        }
        let mut places: Places = [None; Limit::MAX_PER_DECISION];
        for (at, (limit, place)) in limits.iter().zip(&mut places).enumerate() {
            *place = self.place(limit.key(), at);
        }
        let Some(turnstile) = self.turnstile.clone() else {
            return self.decide_at(&places, limits, now, call);
        };
        let turn = turnstile.take();
        self.read_shared(&turn, &places);
        let decision = self.decide_at(&places, limits, now, call);
        self.write_shared(&turn, &places);
        decision
    }

    fn decide_at(
        &mut self,
        places: &Places,
        limits: &[Limit],
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        let ask = Call::peek(ONE).with(call.id());
        match call.operation() {
            Operation::Charge => self.charge_all(limits, places, now, call),
            Operation::Peek => self.read_all(limits, places, now, call),
            Operation::UpTo => match self.most(limits, places, now, call) {
                Some(most) => self.charge_all(limits, places, now, call.at_cost(most)),
                None => self.read_all(limits, places, now, ask),
            },
            Operation::Force => {
                let mut decision = self.read_all(limits, places, now, ask)?;
                decision.read_anew(|at, _| self.charge_at(places[at], &limits[at], now, call));
                self.remember(limits, now, call);
                Ok(decision.granting(call.cost().get()))
            }
            Operation::Refund => {
                let granted = self.refund(limits, places, now, call);
                self.read_all(limits, places, now, ask).map(|decision| decision.granting(granted))
            }
            Operation::Release | Operation::Renew => {
                let granted = self.permits(limits, places, now, call);
                self.read_all(limits, places, now, ask).map(|decision| decision.granting(granted))
            }
            Operation::Reset => {
                self.reset(limits, places);
                self.read_all(limits, places, now, ask)
            }
        }
    }

    /// Charges a limit that is there and not shared: what nearly every call asks.
    #[inline]
    fn charge_one(&mut self, limit: &Limit, now: i64, call: Call) -> Option<Decision> {
        let is_plain = call.operation() == Operation::Charge && call.id().is_none();
        if !is_plain || limit.is_shadow() || self.turnstile.is_some() {
            return None;
        }
        let (policy, cost) = (limit.policy(), call.cost());
        let place = self.place(limit.key(), 0)?;
        let slot = &mut self.slots[place];
        if !slot.state.follows(policy) {
            return None;
        }
        if !slot.state.admits(policy, now, cost, None) {
            let reading = slot.state.read(policy, now, cost, None);
            return Some(Decision::of_one(limit, reading, Source::Exact, 0));
        }
        let reading = slot.charge(policy, now, call);
        Some(Decision::of_one(limit, reading, Source::Exact, cost.get()))
    }

    fn charge_all(
        &mut self,
        limits: &[Limit],
        places: &Places,
        now: i64,
        call: Call,
    ) -> Result<Decision, Error> {
        let mut each = limits.iter().zip(places);
        let is_refused = each
            .any(|(limit, place)| !limit.is_shadow() && !self.admits_at(*place, limit, now, call));
        if is_refused {
            return self.read_all(limits, places, now, call);
        }
        self.remember(limits, now, call);
        let readings = limits.iter().zip(places).map(|(limit, place)| {
            // One in shadow is charged what it would have admitted.
            if limit.is_shadow() && !self.admits_at(*place, limit, now, call) {
                (limit, self.read_at(*place, limit, now, call))
            } else {
                (limit, self.charge_at(*place, limit, now, call))
            }
        });
        Decision::granted_from(readings, Source::Exact, call.cost().get())
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
        let taken = self.charges.as_mut().and_then(|charges| charges.take(id, limits, now));
        let Some(charge) = taken else { return 0 };
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
            self.charges.get_or_insert_default().remember(id, limits, now, call.cost());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() + self.charges.as_ref().map_or(0, |charges| charges.len())
    }

    /// Drops the states that have been as good as none since then.
    pub(super) fn drop_idle(&mut self, since: i64) {
        if let Some(charges) = &mut self.charges {
            charges.drop_idle(since);
            if charges.len() == 0 {
                self.charges = None;
            }
        }
        let before = self.slots.len();
        self.part_from_handles();
        self.slots.retain(|slot| slot.idle_at() > since || slot.shared.is_some());
        if self.slots.len() == before {
            return;
        }
        self.slots.shrink_to(self.slots.len() * 2);
        self.places = None;
        if self.slots.len() > FEW {
            self.index(0);
        }
    }

    /// Finds a key, which is likely where it came first.
    pub(super) fn place(&self, key: &LimitKey, likely: usize) -> Option<usize> {
        if self.slots.get(likely).is_some_and(|slot| slot.key == *key) {
            return Some(likely);
        }
        match &self.places {
            None => self.slots.iter().position(|slot| slot.key == *key),
            Some(places) => places.get(key).copied(),
        }
    }

    /// Notes the places of the slots from one on.
    fn index(&mut self, first: usize) {
        let slots = self.slots.iter().enumerate().skip(first);
        let places = self.places.get_or_insert_default();
        places.extend(slots.map(|(place, slot)| (slot.key.clone(), place)));
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

    fn admits_at(&self, place: Option<usize>, limit: &Limit, now: i64, call: Call) -> bool {
        let policy = limit.policy();
        match place.map(|place| &self.slots[place].state) {
            Some(state) if state.follows(policy) => {
                state.admits(policy, now, call.cost(), call.id())
            }
            _ => self.read_at(place, limit, now, call).refusal.is_none(),
        }
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
        slot.charge(limit.policy(), now, call)
    }

    pub(super) fn add(&mut self, limit: &Limit) -> usize {
        let place = self.slots.len();
        let (key, state) = (limit.key().clone(), State::new(limit.policy()));
        self.slots.push(Slot { key, state, idle_at: i64::MIN, shared: None });
        if self.places.is_some() {
            self.index(place);
        } else if self.slots.len() > FEW {
            self.index(0);
        }
        place
    }
}

impl Slot {
    /// Charges a state that follows the policy.
    #[inline]
    fn charge(&mut self, policy: Policy, now: i64, call: Call) -> Reading {
        let reading = self.state.charge(policy, now, call.cost(), call.id());
        self.idle_at = self.idle_at.max(self.state.idle_under(policy));
        reading
    }

    /// When the state is the same as none.
    fn idle_at(&self) -> i64 {
        self.idle_at.max(self.state.idle_by_itself())
    }
}
