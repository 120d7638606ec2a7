//! What the scheduler promises, in simulated time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const fn weight(weight: u32) -> NonZeroU32 {
    NonZeroU32::new(weight).expect("a weight is not 0")
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A process that serves requests which know how long they will take.
struct Process {
    scheduler: Scheduler<u32, Duration>,
    now: Duration,
    /// Until when, whose, since when.
    running: BinaryHeap<Reverse<(Duration, u32, Duration)>>,
    /// The slot time of each party.
    served: BTreeMap<u32, Duration>,
}

impl Process {
    fn new(slots: u32) -> Self {
        let bounds = Bounds { waiting: usize::MAX, waiting_each: usize::MAX, ..bounds(slots) };
        Self {
            scheduler: Scheduler::new(bounds),
            now: Duration::ZERO,
            running: BinaryHeap::new(),
            served: BTreeMap::new(),
        }
    }

    fn arrive(&mut self, party: u32, weight: NonZeroU32, takes: Duration) {
        let arrival = self.scheduler.arrive(party, weight, self.now, || takes);
        match arrival {
            Arrival::Admitted => self.run(party, takes),
            Arrival::Waits { pushed_out, .. } => assert!(pushed_out.is_none()),
            Arrival::Refused => panic!("there is room"),
        }
    }

    fn run(&mut self, party: u32, takes: Duration) {
        self.running.push(Reverse((self.now + takes, party, self.now)));
    }

    /// Goes on to the next end of a request. Returns whose was done, and whose began.
    fn step(&mut self) -> Option<(u32, Option<u32>)> {
        let Reverse((end, party, since)) = self.running.pop()?;
        self.now = end;
        *self.served.entry(party).or_default() += end.saturating_sub(since);
        let next = self.scheduler.finish(party, since, end);
        if let Some((next, takes)) = next {
            self.run(next, takes);
        }
        Some((party, next.map(|(next, _)| next)))
    }

    /// Serves parties that always have something waiting, for a time.
    fn compete(&mut self, parties: &[Competitor], time: Duration) {
        let until = self.now + time;
        for (party, of) in (0..).zip(parties) {
            for turn in 0..=3 * self.scheduler.bounds.slots.get() {
                self.arrive(party, of.weight, of.takes(turn));
            }
        }
        let mut turn = 0;
        while self.now < until {
            let (_, next) = self.step().expect("somebody always runs");
            let next = next.expect("somebody always waits");
            turn += 1;
            let of = &parties[next as usize];
            self.arrive(next, of.weight, of.takes(turn));
        }
    }
}

#[derive(Debug, Clone)]
struct Competitor {
    weight: NonZeroU32,
    takes: Duration,
}

impl Competitor {
    /// Half as long as usual, to half as long again.
    fn takes(&self, turn: u32) -> Duration {
        self.takes * (5 + turn.wrapping_mul(2_654_435_761) % 11) / 10
    }
}

fn bounds(slots: u32) -> Bounds {
    Bounds::new(weight(slots))
}

fn competitors() -> impl Strategy<Value = Vec<Competitor>> {
    let one = (1_u32..=8, 1_u64..=50)
        .prop_map(|(of, takes)| Competitor { weight: weight(of), takes: millis(takes) });
    vec(one, 2..=5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whether a party's requests are quick or slow.
    #[test]
    fn slot_time_goes_by_weight(parties in competitors(), slots in 1_u32..=16) {
        let mut process = Process::new(slots);
        process.compete(&parties, Duration::from_secs(200) / slots);
        let total: f64 = process.served.values().map(Duration::as_secs_f64).sum();
        let weights: u32 = parties.iter().map(|party| party.weight.get()).sum();
        for (party, of) in (0..).zip(&parties) {
            let fair = total * f64::from(of.weight.get()) / f64::from(weights);
            let had = process.served[&party].as_secs_f64();
            prop_assert!((had / fair - 1.0).abs() < 0.1, "{party} had {had}, fair is {fair}");
        }
    }

    /// Who was alone for a while gets no less afterwards, and who was idle gets no more.
    #[test]
    fn an_idle_time_is_neither_saved_nor_lost(parties in competitors(), idle in 0_u64..10) {
        let mut process = Process::new(4);
        // One of them alone, for a while.
        process.compete(&parties[..1], Duration::from_secs(idle));
        while process.step().is_some() {}
        process.served.clear();
        process.compete(&parties[..2], Duration::from_secs(20));
        let had = |party| process.served[&party].as_secs_f64() / f64::from(parties[party as usize].weight.get());
        prop_assert!((had(0) / had(1) - 1.0).abs() < 0.1, "{} and {}", had(0), had(1));
    }

    /// However many come for the first time, and however heavy they are.
    #[test]
    fn nobody_starves(slots in 1_u32..=8, newcomers in 1_u32..=100) {
        let mut process = Process::new(slots);
        let (modest, heavy) = (weight(1), weight(newcomers));
        for party in 1..=2 * slots {
            process.arrive(party, heavy, millis(10));
        }
        process.arrive(0, modest, millis(10));
        process.arrive(0, modest, millis(10));
        let mut fresh = 1_000;
        for _ in 0..2_000 * slots {
            fresh += 1;
            process.arrive(fresh, heavy, millis(10));
            process.step();
            if process.served.get(&0) == Some(&millis(20)) {
                return Ok(());
            }
        }
        prop_assert!(false, "it still waits");
    }
}

/// One that goes whenever it is served, and comes back with slow requests, at once or after some of
/// the others'.
#[test]
fn coming_back_forgives_no_debt() {
    const SLOW: u32 = 9;
    for pause in [0, 1, 20] {
        let mut process = Process::new(1);
        process.arrive(SLOW, weight(1), millis(1_000));
        for turn in 0..90 {
            process.arrive(turn % 3, weight(1), millis(10));
        }
        let mut comes_in = None;
        while process.now < Duration::from_secs(200) {
            let (done, next) = process.step().unwrap();
            if done == SLOW {
                comes_in = Some(pause);
            }
            if comes_in.take_if(|left| *left == 0).is_some() {
                process.arrive(SLOW, weight(1), millis(1_000));
            }
            comes_in = comes_in.map(|left| left - 1);
            if let Some(next) = next.filter(|next| *next != SLOW) {
                process.arrive(next, weight(1), millis(10));
            }
        }
        let share = process.served[&SLOW].as_secs_f64() / 200.0;
        assert!((0.2..0.28).contains(&share), "{share} of four with a pause of {pause}");
    }
}

/// Slow requests are charged while they run, not only when they are done.
#[test]
fn slow_requests_do_not_fill_the_slots() {
    let mut process = Process::new(10);
    for _ in 0..20 {
        process.arrive(0, weight(1), millis(10));
        process.arrive(1, weight(1), Duration::from_mins(10));
    }
    while process.now < Duration::from_secs(100) {
        let (_, next) = process.step().unwrap();
        let party = next.unwrap();
        let takes = if party == 0 { millis(10) } else { Duration::from_mins(10) };
        process.arrive(party, weight(1), takes);
    }
    let slow = process.running.iter().filter(|Reverse((_, party, _))| *party == 1).count();
    assert!((4..=6).contains(&slow), "{slow} of 10 slots");
}

/// What one holds for long is not made up for by those who come later.
#[test]
fn newcomers_do_not_stand_behind_what_others_missed() {
    let mut process = Process::new(10);
    for _ in 0..9 {
        process.arrive(0, weight(1), Duration::from_mins(10));
    }
    for _ in 0..3 {
        process.arrive(1, weight(1), millis(100));
    }
    while process.now < Duration::from_mins(5) {
        process.step();
        process.arrive(1, weight(1), millis(100));
    }
    let came = process.now;
    process.arrive(2, weight(1), millis(100));
    while !process.served.contains_key(&2) {
        process.step();
        process.arrive(1, weight(1), millis(100));
    }
    let took = process.now.saturating_sub(came);
    assert!(took <= millis(400), "{took:?}");
}

/// Serves two parties that always want more, for two seconds. Returns how much more the first had.
fn compare(process: &mut Process) -> f64 {
    for _ in 0..50 * process.scheduler.bounds.slots.get() {
        for party in [0, 1] {
            process.arrive(party, weight(1), millis(100));
        }
    }
    process.served.clear();
    let until = process.now + Duration::from_secs(2);
    while process.now < until {
        process.step();
    }
    let [first, second] = [0, 1].map(|party| process.served[&party].as_secs_f64());
    first / second
}

/// A party that has more than another only because nobody else wants it owes nothing, whether
/// slots are free or it fills them all and has its own requests wait.
#[test]
fn what_nobody_wanted_is_free() {
    for wants in [2, 10] {
        let mut process = Process::new(4);
        for _ in 0..wants {
            process.arrive(0, weight(1), millis(100));
        }
        process.arrive(2, weight(1), millis(100));
        while process.now < Duration::from_secs(100) {
            let (done, _) = process.step().unwrap();
            process.arrive(done, weight(1), millis(100));
        }
        let more = compare(&mut process);
        assert!((more - 1.0).abs() < 0.15, "{more} times as much, after {wants} at once");
    }
}

/// The same for requests that run for long, and end before the others come or do not.
#[test]
fn what_ran_while_nobody_waited_is_free() {
    for ends in [false, true] {
        let mut process = Process::new(10);
        for party in [0, 0, 0, 0, 2] {
            process.arrive(party, weight(1), Duration::from_mins(10));
        }
        process.arrive(1, weight(1), Duration::from_mins(9));
        process.step();
        while ends && process.step().is_some() {}
        for _ in 0..10 {
            process.arrive(3, weight(1), millis(10));
        }
        // Of the ten slots, four are taken: what is left makes up for them, and for no more.
        let more = compare(&mut process);
        let fair = if ends { 0.85..1.15 } else { 0.1..0.3 };
        assert!(fair.contains(&more), "{more} times as much");
    }
}

#[test]
fn the_longest_queue_makes_room() {
    let bounds = Bounds { waiting: 6, waiting_each: 5, ..bounds(1) };
    let mut scheduler = Scheduler::new(bounds);
    let mut arrive = |party: u32, of, name: &'static str| match scheduler.arrive(
        party,
        weight(of),
        Duration::ZERO,
        || name,
    ) {
        Arrival::Admitted => "admitted",
        Arrival::Waits { pushed_out, .. } => pushed_out.unwrap_or("waits"),
        Arrival::Refused => "refused",
    };
    assert_eq!(arrive(0, 1, "a"), "admitted");
    for name in ["b", "c", "d", "e", "f"] {
        assert_eq!(arrive(0, 1, name), "waits");
    }
    // One alone may not have all the room there is.
    assert_eq!(arrive(0, 1, "g"), "refused");
    assert_eq!(arrive(1, 1, "A"), "waits");
    // The last to come makes room, until the queues are as long as each other.
    assert_eq!(arrive(1, 1, "B"), "f");
    assert_eq!(arrive(1, 1, "C"), "e");
    assert_eq!(arrive(1, 1, "D"), "refused");
    assert_eq!(arrive(0, 1, "h"), "refused");
    // A weight of 2 may have a queue twice as long.
    assert_eq!(arrive(2, 2, "1"), "C");
    assert_eq!(arrive(2, 2, "2"), "d");
    assert_eq!(arrive(2, 2, "3"), "B");
    assert_eq!(arrive(2, 2, "4"), "refused");
}

#[derive(Debug, Clone)]
enum Event {
    Arrive { party: u32, weight: NonZeroU32 },
    Finish(usize),
    Leave(usize),
    Pass(Duration),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0_u32..6, 1_u32..=8)
            .prop_map(|(party, of)| Event::Arrive { party, weight: weight(of) }),
        3 => any::<usize>().prop_map(Event::Finish),
        1 => any::<usize>().prop_map(Event::Leave),
        1 => (0_u64..100).prop_map(|time| Event::Pass(millis(time))),
    ]
}

/// What runs and what waits, written down as it happens.
struct Ledger {
    scheduler: Scheduler<u32, Ticket>,
    now: Duration,
    running: Vec<(u32, Duration)>,
    waiting: Vec<(u32, Ticket, Ticket)>,
    names: Ticket,
}

impl Ledger {
    fn happens(&mut self, event: &Event) {
        match *event {
            Event::Pass(time) => self.now += time,
            Event::Arrive { party, weight } => self.arrive(party, weight),
            Event::Finish(which) if !self.running.is_empty() => {
                let (party, since) = self.running.remove(which % self.running.len());
                if let Some((next, name)) = self.scheduler.finish(party, since, self.now) {
                    // First come, first served, within one party.
                    let first = self.waiting.iter().position(|(of, ..)| *of == next).unwrap();
                    assert_eq!(self.waiting.remove(first).2, name);
                    self.running.push((next, self.now));
                }
            }
            Event::Leave(which) if !self.waiting.is_empty() => {
                let (party, ticket, _) = self.waiting.remove(which % self.waiting.len());
                self.scheduler.leave(party, ticket);
                // Again, as one does that is pushed out.
                self.scheduler.leave(party, ticket);
            }
            Event::Finish(_) | Event::Leave(_) => {}
        }
        self.look();
    }

    fn arrive(&mut self, party: u32, weight: NonZeroU32) {
        self.names += 1;
        let name = self.names;
        match self.scheduler.arrive(party, weight, self.now, || name) {
            Arrival::Admitted => self.running.push((party, self.now)),
            Arrival::Refused => {}
            Arrival::Waits { ticket, pushed_out } => {
                if let Some(gone) = pushed_out {
                    let place = self.waiting.iter().position(|(.., name)| *name == gone).unwrap();
                    self.waiting.remove(place);
                }
                self.waiting.push((party, ticket, name));
            }
        }
    }

    fn look(&self) {
        let Self { scheduler, running, waiting, .. } = self;
        let bounds = scheduler.bounds;
        let (slots, each) = (bounds.slots.get() as usize, bounds.slots_each.get() as usize);
        assert!(running.len() <= slots && waiting.len() <= bounds.waiting);
        assert_eq!((scheduler.running as usize, scheduler.waiting), (running.len(), waiting.len()));
        let mut counted = 0;
        for (party, share) in &scheduler.shares {
            let runs = running.iter().filter(|(of, _)| of == party).count();
            let waits = waiting.iter().filter(|(of, ..)| of == party).count();
            assert_eq!((share.running as usize, share.waiting.len()), (runs, waits));
            assert!(runs <= each && waits <= bounds.waiting_each);
            // Nobody waits for a slot that is free.
            assert!(running.len() == slots || waits == 0 || runs == each);
            assert_eq!(share.turn.is_some(), waits > 0 && runs < each);
            counted += if share.is_idle() { 0 } else { u64::from(share.weight.get()) };
        }
        assert_eq!(scheduler.weight, counted);
        let active = scheduler.shares.values().filter(|share| !share.is_idle()).count();
        assert_eq!(scheduler.shares.len(), active + scheduler.owing.len());
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_bounds_hold_and_no_slot_is_lost(
        events in vec(event(), 1..300),
        slots in 1_u32..=4,
        each in 1_u32..=4,
        waiting in 0_usize..12,
        waiting_each in 0_usize..12,
    ) {
        let bounds = Bounds { slots: weight(slots), slots_each: weight(each), waiting, waiting_each };
        let scheduler = Scheduler::new(bounds);
        let (now, running, waiting) = (Duration::ZERO, Vec::new(), Vec::new());
        let mut ledger = Ledger { scheduler, now, running, waiting, names: 0 };
        for event in &events {
            ledger.happens(event);
        }
        while !ledger.running.is_empty() {
            ledger.happens(&Event::Finish(0));
        }
        prop_assert!(ledger.waiting.is_empty(), "somebody waits for ever");
        // Nobody is remembered once all is quiet.
        ledger.scheduler.advance(ledger.now);
        prop_assert!(ledger.scheduler.shares.is_empty());
        prop_assert!(ledger.scheduler.turns.is_empty() && ledger.scheduler.lengths.is_empty());
    }
}

/// A hundred thousand tenants come, one after another, under a load that never ends.
#[test]
fn only_those_that_are_there_take_memory() {
    let mut process = Process::new(8);
    let mut most = 0;
    for party in 0..100_000 {
        process.arrive(party, weight(1 + party % 7), millis(u64::from(party % 13)));
        if process.running.len() == 8 {
            process.step();
        }
        most = most.max(process.scheduler.shares.len());
    }
    assert!(most <= 8 + 8 + 1, "{most}");
}
