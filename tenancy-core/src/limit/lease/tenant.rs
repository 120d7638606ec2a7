use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::waiter::{Receipt, Waiter};
use super::{Holder, LeaseAsk, LeaseGrant, LeaseHold, LeaseTerms};
use crate::limit::step::{Reading, Refusal};
use crate::limit::{Decision, Limit, LimitKey, Policy, Source, TokenBucket};
use crate::{Error, ErrorKind};

/// The leases of one tenant on this node, and who waits for more.
#[derive(Debug)]
pub(super) struct TenantLeases {
    /// Who asks for the next limit.
    holder: Holder,
    slots: Vec<Slot>,
    /// Where each key's slot is. Empty while there are only a few.
    places: HashMap<LimitKey, usize, RandomState>,
    waiting: VecDeque<Waiter>,
    /// The slots that are low.
    due: Vec<usize>,
    /// Nothing is taken ahead before: the books did not answer.
    lost_until: Option<i64>,
    rounds: Receipt,
    /// Whether a task renews them.
    pub(super) is_kept: bool,
    /// Whether they go back and no more are taken.
    pub(super) is_closed: bool,
}

#[derive(Debug)]
struct Slot {
    key: LimitKey,
    bucket: TokenBucket,
    hold: LeaseHold,
    is_due: bool,
    /// Whether somebody asked for it since the last tick.
    is_used: bool,
}

/// What a node can say by itself.
#[derive(Debug)]
pub(super) enum Local {
    /// It decided.
    Decided(Decision, Receipt),
    /// It must ask.
    Short,
}

/// A round of requests: the slots and what is asked for them.
#[derive(Debug, Default)]
pub(super) struct Round {
    places: Vec<usize>,
    pub(super) asks: Vec<LeaseAsk>,
}

const FEW: usize = 8;

impl TenantLeases {
    pub(super) fn new() -> Self {
        Self {
            holder: Holder::generate(),
            slots: Vec::new(),
            places: HashMap::default(),
            waiting: VecDeque::new(),
            due: Vec::new(),
            lost_until: None,
            rounds: Receipt::default(),
            is_kept: false,
            is_closed: false,
        }
    }

    /// Decides over token buckets from what is leased: all are charged, or none is.
    ///
    /// Tells also whether it became time to take more ahead.
    pub(super) fn decide(
        &mut self,
        limits: &[Limit],
        cost: u32,
        now: i64,
    ) -> Result<(Local, bool), Error> {
        let mut places = [0; Limit::MAX_PER_DECISION];
        let (mut is_short, mut is_refused) = (false, false);
        for (limit, place) in limits.iter().zip(&mut places) {
            let Policy::TokenBucket(bucket) = limit.policy() else {
                return Err(Error::invalid("limits", "decide from leases: not a token bucket"));
            };
            *place = self.slot(limit.key(), bucket, now);
            let slot = &self.slots[*place];
            if slot.hold.left(now) < cost {
                is_short = true;
                is_refused |= slot.refusal(now, cost).is_some();
            }
        }
        if is_short && !is_refused {
            return Ok((Local::Short, false));
        }
        let before = self.due.len();
        let readings = limits.iter().zip(places).map(|(limit, place)| {
            let slot = &mut self.slots[place];
            slot.hold.ask(cost);
            slot.is_used = true;
            let refusal = slot.refusal(now, cost);
            if !is_refused {
                slot.hold.spend(now, cost);
                if !slot.is_due && slot.hold.is_low(now) {
                    slot.is_due = true;
                    self.due.push(place);
                }
            }
            (limit, slot.reading(now, cost, refusal))
        });
        let decision = Decision::from_readings(readings, Source::Exact)?;
        let decision = decision.granting(if is_refused { 0 } else { cost });
        Ok((Local::Decided(decision, self.rounds), self.due.len() > before))
    }

    /// Reads what is known here of token buckets.
    pub(super) fn peek(&self, limit: &Limit, bucket: TokenBucket, cost: u32, now: i64) -> Reading {
        let Some(place) = self.place(limit.key()) else { return untouched(bucket, cost) };
        let slot = &self.slots[place];
        slot.reading(now, cost, slot.refusal(now, cost))
    }

    /// Takes back what a call paid that was refused elsewhere.
    pub(super) fn take_back(&mut self, limits: &[Limit], cost: u32, now: i64, receipt: Receipt) {
        if receipt != self.rounds {
            return;
        }
        for limit in limits {
            if let Some(place) = self.place(limit.key()) {
                let hold = &mut self.slots[place].hold;
                hold.unspend(now, cost, hold.number());
            }
        }
    }

    /// Has a call wait for its tokens.
    pub(super) fn enter(&mut self, waiter: Waiter, now: i64) {
        if self.is_closed {
            let message = "decide a rate limit: the limiter was shut down";
            // Nobody listens any more, or hears it.
            drop(waiter.answer.send(Err(Error::new(ErrorKind::Unavailable, message))));
            return;
        }
        for limit in &waiter.limits {
            if let Policy::TokenBucket(bucket) = limit.policy() {
                self.slot(limit.key(), bucket, now);
            }
        }
        self.waiting.push_back(waiter);
    }

    /// Begins the requests that are due: for callers that wait, and for what is low. With each
    /// tick also for what is about to end, and to give back what nobody used since the last.
    pub(super) fn begin(&mut self, terms: LeaseTerms, now: i64, is_tick: bool) -> Round {
        // Who came while an answer did has not been asked for, and may have nothing to wait for.
        self.serve(now);
        self.rounds.0 += 1;
        let mut round = Round::default();
        for (place, waiting) in self.waited_for(now) {
            let request = self.slots[place].hold.begin(terms, now, waiting);
            round.add(place, &self.slots[place], request);
        }
        let lost = self.lost_until.is_some_and(|until| now < until);
        for place in std::mem::take(&mut self.due) {
            self.slots[place].is_due = false;
            if !lost && self.slots[place].hold.is_low(now) {
                let request = self.slots[place].hold.begin(terms, now, (0, 0));
                round.add(place, &self.slots[place], request);
            }
        }
        if is_tick || self.is_closed {
            for (place, slot) in self.slots.iter_mut().enumerate() {
                let is_used = std::mem::take(&mut slot.is_used);
                let request = if self.is_closed || !is_used {
                    slot.hold.give_back(now)
                } else if !lost && slot.hold.is_ending(terms, now) {
                    slot.hold.begin(terms, now, (0, 0))
                } else {
                    None
                };
                round.add(place, slot, request);
            }
        }
        round
    }

    /// For each slot that is short: what the first caller lacks, and what all together ask for.
    fn waited_for(&self, now: i64) -> Vec<(usize, (u32, u32))> {
        let mut sums: BTreeMap<usize, (u32, u32)> = BTreeMap::new();
        for waiter in self.waiting.iter().filter(|waiter| !waiter.answer.is_closed()) {
            for place in waiter.limits.iter().filter_map(|limit| self.place(limit.key())) {
                let (_, all) = sums.entry(place).or_insert((waiter.cost, 0));
                *all = all.saturating_add(waiter.cost);
            }
        }
        sums.retain(|place, (first, _)| self.slots[*place].hold.left(now) < *first);
        sums.into_iter().collect()
    }

    /// Takes the answers to a round, and answers those who waited.
    pub(super) fn finish(
        &mut self,
        round: &Round,
        terms: LeaseTerms,
        now: i64,
        answer: Result<Vec<Option<LeaseGrant>>, Error>,
    ) {
        match answer {
            Ok(grants) if grants.len() == round.asks.len() => {
                self.lost_until = None;
                let each = round.places.iter().zip(&round.asks).zip(grants);
                for ((place, ask), grant) in each {
                    let hold = &mut self.slots[*place].hold;
                    hold.finish(ask.bucket, terms, now, ask.request.number, grant);
                }
                self.serve(now);
            }
            wrong => {
                let kind = wrong.err().map_or(ErrorKind::Internal, |error| error.kind());
                self.lost_until = Some(now + terms.refresh_micros());
                self.give_up(round);
                self.fail(kind);
            }
        }
    }

    fn give_up(&mut self, round: &Round) {
        for (place, ask) in round.places.iter().zip(&round.asks) {
            self.slots[*place].hold.lost(ask.request.number);
        }
    }

    /// Answers those who waited, in their order, as far as there is an answer.
    fn serve(&mut self, now: i64) {
        for waiter in std::mem::take(&mut self.waiting) {
            if waiter.answer.is_closed() {
                continue;
            }
            match self.decide(&waiter.limits, waiter.cost, now) {
                Ok((Local::Short, _)) => self.waiting.push_back(waiter),
                Ok((Local::Decided(decision, receipt), _)) => {
                    let is_allowed = decision.is_allowed();
                    let unheard = waiter.answer.send(Ok((decision, receipt))).is_err();
                    if unheard && is_allowed {
                        self.take_back(&waiter.limits, waiter.cost, now, receipt);
                    }
                }
                // Nobody listens any more, or hears it.
                Err(error) => drop(waiter.answer.send(Err(error))),
            }
        }
    }

    /// Gives up what is under way, because nobody is there to take the answer.
    pub(super) fn abandon(&mut self) {
        for slot in &mut self.slots {
            slot.hold.lost(slot.hold.number());
        }
        self.fail(ErrorKind::Unavailable);
    }

    /// Refuses those who wait.
    fn fail(&mut self, kind: ErrorKind) {
        for waiter in std::mem::take(&mut self.waiting) {
            let error = Error::new(kind, "decide a rate limit: the books of leases do not answer");
            // Nobody listens any more, or hears it.
            drop(waiter.answer.send(Err(error)));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Drops what is not held and not used; tells whether nothing is left.
    pub(super) fn sweep(&mut self, now: i64) -> bool {
        let before = self.slots.len();
        self.slots.retain(|slot| !slot.is_unused(now));
        if self.slots.len() != before {
            self.due.clear();
            self.places = HashMap::default();
            self.slots.iter_mut().for_each(|slot| slot.is_due = false);
            if self.slots.len() > FEW {
                self.index(0);
            }
        }
        self.slots.is_empty() && self.waiting.is_empty()
    }

    fn slot(&mut self, key: &LimitKey, bucket: TokenBucket, now: i64) -> usize {
        if let Some(place) = self.place(key) {
            self.slots[place].bucket = bucket;
            return place;
        }
        let place = self.slots.len();
        let hold = LeaseHold::new(self.holder, now);
        self.holder = self.holder.next();
        self.slots.push(Slot { key: key.clone(), bucket, hold, is_due: false, is_used: true });
        if !self.places.is_empty() {
            self.index(place);
        } else if self.slots.len() > FEW {
            self.index(0);
        }
        place
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
}

impl Round {
    fn add(&mut self, place: usize, slot: &Slot, request: Option<super::LeaseRequest>) {
        if let Some(request) = request {
            self.places.push(place);
            self.asks.push(LeaseAsk { key: slot.key.clone(), bucket: slot.bucket, request });
        }
    }
}

impl Slot {
    /// Why a cost is refused without asking.
    fn refusal(&self, now: i64, cost: u32) -> Option<Refusal> {
        if self.hold.left(now) >= cost {
            return None;
        }
        if cost > self.bucket.burst().get() {
            return Some(Refusal::Never);
        }
        let wait = self.hold.denied_for(now, cost)?;
        Some(Refusal::Wait(micros(wait)))
    }

    fn reading(&self, now: i64, cost: u32, refusal: Option<Refusal>) -> Reading {
        let known = self.hold.known(now).min(self.bucket.burst().get());
        let remaining = if refusal.is_some() { known.min(cost - 1) } else { known };
        reading(self.bucket, remaining, refusal)
    }

    fn is_unused(&self, now: i64) -> bool {
        !self.is_used && self.hold.is_over(now)
    }
}

pub(super) fn untouched(bucket: TokenBucket, cost: u32) -> Reading {
    let burst = bucket.burst().get();
    reading(bucket, burst, (cost > burst).then_some(Refusal::Never))
}

fn reading(bucket: TokenBucket, remaining: u32, refusal: Option<Refusal>) -> Reading {
    let missing = i64::from(bucket.burst().get() - remaining);
    let time_of = |tokens: i64| {
        let (units, leak) = (tokens * bucket.token(), bucket.leak());
        micros(units / leak + i64::from(units % leak > 0))
    };
    Reading {
        remaining,
        more_after: time_of(missing.min(1)),
        reset_after: time_of(missing),
        refusal,
    }
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}
