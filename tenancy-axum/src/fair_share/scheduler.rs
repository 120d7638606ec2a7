use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::mem;
use std::num::NonZeroU32;
use std::time::Duration;

use super::bounds::Bounds;
use super::run_times::RunTimes;
use super::share::{Share, Ticket, Virtual, virtual_time};

/// Weighted fair queueing of slots among parties.
///
/// A free slot goes to the party whose next request would be done first, had each party a server
/// of its own, as fast as its weight: weighted fair queueing by virtual finish times (Demers,
/// Keshav and Shenker 1989). How long a request takes is not known before: a party is charged for
/// the time its requests have run, as they run, and for the typical time of one more; Kubernetes
/// queues the requests of its API server in this way (KEP 1040). So what is shared is time in
/// slots, not a number of requests, and slow requests gain nothing.
///
/// Virtual time goes on at the rate at which a weight of 1 is served, and not past the first of
/// those that wait. Who begins to wait starts from it, and has lost and saved nothing by having
/// been idle. Who has had more than its share owes that for a while when it goes idle, or else it
/// could leave and come back at once.
///
/// When too many wait, the longest queue, by weight, makes room: one party alone may use all the
/// room there is, and a bound by weight would have to know who else will come.
///
/// Pure: all times are arguments. A step costs O(log parties + log waiting).
pub(super) struct Scheduler<K, T> {
    bounds: Bounds,
    now: Duration,
    /// How much of that somebody waited for a slot.
    contended: Duration,
    virtual_now: Virtual,
    run_times: RunTimes,
    running: u32,
    waiting: usize,
    /// The weight of those that run or wait.
    weight: u64,
    tickets: Ticket,
    shares: HashMap<K, Share<T>>,
    /// Those that may have a slot, by virtual finish time; the first to come first among equals.
    turns: BTreeSet<(Virtual, Ticket, K)>,
    /// Those that wait, by relative length.
    lengths: BTreeSet<(u64, K)>,
    /// Those that are idle and have had more than their share.
    owing: BTreeSet<(Virtual, K)>,
}

/// What becomes of a request that comes.
pub(super) enum Arrival<T> {
    Admitted,
    /// It waits, and perhaps another one had to make room.
    Waits {
        ticket: Ticket,
        pushed_out: Option<T>,
    },
    /// There is no room to wait.
    Refused,
}

/// How many stale turns are brought up to date for one grant.
const LOOKS: usize = 16;

impl<K: Copy + Ord + Hash, T> Scheduler<K, T> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            now: Duration::ZERO,
            contended: Duration::ZERO,
            virtual_now: 0,
            run_times: RunTimes::new(),
            running: 0,
            waiting: 0,
            weight: 0,
            tickets: 0,
            shares: HashMap::new(),
            turns: BTreeSet::new(),
            lengths: BTreeSet::new(),
            owing: BTreeSet::new(),
        }
    }

    /// A request comes. The waiter is made when it has to wait.
    pub(super) fn arrive(
        &mut self,
        party: K,
        weight: NonZeroU32,
        now: Duration,
        waiter: impl FnOnce() -> T,
    ) -> Arrival<T> {
        self.advance(now);
        self.join(party, weight);
        let (running, waits) = (self.shares[&party].running, self.shares[&party].waiting.len());
        // While a slot is free, all that wait have as many as they may.
        if waits == 0 && running < self.bounds.slots_each.get() && self.has_free_slot() {
            self.start(party);
            return Arrival::Admitted;
        }
        let room = self.make_room(party, waits);
        if let Room::There(_) = room {
            self.tickets += 1;
            self.waiting += 1;
            let share = self.shares.get_mut(&party).expect("it has joined");
            share.waiting.insert(self.tickets, waiter());
        }
        self.place(party);
        match room {
            Room::There(pushed_out) => Arrival::Waits { ticket: self.tickets, pushed_out },
            Room::Full => Arrival::Refused,
        }
    }

    /// A request that has run since then is done. Returns who is next to run.
    pub(super) fn finish(&mut self, party: K, since: Duration, now: Duration) -> Option<(K, T)> {
        self.advance(now);
        self.run_times.learn(self.now.saturating_sub(since));
        let share = self.shares.get_mut(&party)?;
        share.count(self.contended);
        share.running = share.running.saturating_sub(1);
        self.running = self.running.saturating_sub(1);
        self.place(party);
        self.grant()
    }

    /// A request waits no more; nothing happens when it has left already.
    pub(super) fn leave(&mut self, party: K, ticket: Ticket) {
        let Some(share) = self.shares.get_mut(&party) else { return };
        if share.waiting.remove(&ticket).is_some() {
            self.waiting -= 1;
            self.place(party);
        }
    }

    /// Returns in what time all that wait now may be served.
    pub(super) fn drained_in(&self) -> Duration {
        let waiting = u32::try_from(self.waiting).unwrap_or(u32::MAX);
        self.run_times.mean().saturating_mul(waiting) / self.bounds.slots.get()
    }

    fn has_free_slot(&self) -> bool {
        self.running < self.bounds.slots.get()
    }

    fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.now);
        self.now += passed;
        // What nobody else wants costs nothing.
        if self.turns.is_empty() {
            return self.forget();
        }
        self.contended += passed;
        let ahead = self.virtual_now + virtual_time(passed, self.running, self.weight);
        // Those that wait may have had less than that, for what runs is not taken away from
        // anybody. Who comes now stands behind the first of them, not behind all they missed.
        let first = self.turns.first().map_or(ahead, |&(finish, ..)| finish.min(ahead));
        self.virtual_now = self.virtual_now.max(first);
        self.forget();
    }

    /// Forgets debts that are paid. All debts of a rush end with it, and the smallest are
    /// forgotten when there are many.
    fn forget(&mut self) {
        let is_over = self.running == 0 && self.waiting == 0;
        while let Some(&(spent, party)) = self.owing.first() {
            let is_many = self.owing.len() > self.bounds.slots.get() as usize;
            if !(is_over || is_many || spent <= self.virtual_now) {
                break;
            }
            self.owing.pop_first();
            self.shares.remove(&party);
        }
    }

    /// Makes a party one that counts, with the weight it has now.
    fn join(&mut self, party: K, weight: NonZeroU32) {
        let share = self.shares.entry(party).or_insert_with(|| Share::new(weight, self.contended));
        share.count(self.contended);
        if share.is_idle() {
            self.owing.remove(&(share.spent, party));
        } else {
            self.weight -= u64::from(share.weight.get());
        }
        if share.waiting.is_empty() {
            share.spent = share.spent.max(self.virtual_now);
        }
        self.weight += u64::from(weight.get());
        if mem::replace(&mut share.weight, weight) != weight && !share.waiting.is_empty() {
            self.place(party);
        }
    }

    fn start(&mut self, party: K) {
        let share = self.shares.get_mut(&party).expect("who starts has joined");
        share.count(self.contended);
        share.running += 1;
        self.running += 1;
        // What nobody else wanted is not owed.
        self.virtual_now = self.virtual_now.max(share.spent);
    }

    fn make_room(&mut self, party: K, waits: usize) -> Room<T> {
        if waits >= self.bounds.waiting_each {
            return Room::Full;
        }
        if self.waiting < self.bounds.waiting {
            return Room::There(None);
        }
        let own = self.shares[&party].relative_length(waits + 1);
        match self.lengths.last() {
            Some(&(longest, other)) if longest > own => Room::There(self.push_out(other)),
            _ => Room::Full,
        }
    }

    /// Takes the last one out of a queue: it has waited least.
    fn push_out(&mut self, party: K) -> Option<T> {
        let (_, waiter) = self.shares.get_mut(&party)?.waiting.pop_last()?;
        self.waiting -= 1;
        self.place(party);
        Some(waiter)
    }

    fn grant(&mut self) -> Option<(K, T)> {
        if !self.has_free_slot() {
            return None;
        }
        let party = self.first_in_turn()?;
        let (_, waiter) = self.shares.get_mut(&party)?.waiting.pop_first()?;
        self.waiting -= 1;
        self.start(party);
        self.place(party);
        Some((party, waiter))
    }

    /// Finds whose turn it is. Turns only grow later while requests run, so one that is still
    /// first when it is up to date is the first.
    fn first_in_turn(&mut self) -> Option<K> {
        for _ in 0..LOOKS {
            let &(_, _, party) = self.turns.first()?;
            self.shares.get_mut(&party)?.count(self.contended);
            self.place(party);
            if self.turns.first().is_some_and(|&(_, _, first)| first == party) {
                return Some(party);
            }
        }
        self.turns.first().map(|&(_, _, party)| party)
    }

    /// Puts a party where it belongs after a change: into the orders, or away.
    fn place(&mut self, party: K) {
        let Some(share) = self.shares.get_mut(&party) else { return };
        if let Some((finish, ticket)) = share.turn.take() {
            self.turns.remove(&(finish, ticket, party));
        }
        if let Some(length) = share.length.take() {
            self.lengths.remove(&(length, party));
        }
        if let Some((&ticket, _)) = share.waiting.first_key_value() {
            let length = share.relative_length(share.waiting.len());
            share.length = Some(length);
            self.lengths.insert((length, party));
            if share.running < self.bounds.slots_each.get() {
                let finish = share.finish(self.run_times.typical());
                share.turn = Some((finish, ticket));
                self.turns.insert((finish, ticket, party));
            }
        } else if share.running == 0 {
            self.weight -= u64::from(share.weight.get());
            if share.spent > self.virtual_now {
                self.owing.insert((share.spent, party));
            } else {
                self.shares.remove(&party);
            }
        }
    }
}

enum Room<T> {
    There(Option<T>),
    Full,
}

#[cfg(test)]
mod tests;
