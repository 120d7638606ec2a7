//! Nodes, a server, and a network that loses, repeats and delays.

use std::num::NonZeroU32;
use std::time::Duration;

use tenancy_core::limit::TokenBucket;
use tenancy_core::limit::lease::{Holder, LeaseGrant, LeaseRequest, LeaseTerms};

use super::node::{Callers, Node};
use super::server::{Server, Without};
use crate::limits::dice::Dice;

const TICK: i64 = 1_000;
const TICKS: i64 = 4_000;

pub(super) struct World {
    dice: Dice,
    nodes: Vec<Node>,
    server: Server,
    weather: Weather,
    messages: Vec<(i64, Message)>,
    ledger: Ledger,
    called_at: i64,
}

/// How often things go wrong, in 10,000.
struct Weather {
    loss: u32,
    repeat: u32,
    delay: u32,
    crash: u32,
    sleep: u32,
    fail_over: u32,
    /// How often all hoarders are called at once, in ticks.
    called_every: i64,
    /// Whether they take what they can get when called, and spend it when it is about to end.
    is_silent: bool,
    /// How many ticks after a lease ended they are called too.
    called_after: i64,
}

enum Message {
    Request(usize, LeaseRequest),
    Reply(usize, Holder, u64, Option<LeaseGrant>),
}

/// What a trial comes to.
pub(super) struct Outcome {
    /// How much the worst interval was above the envelope, in tokens; negative when below.
    pub(super) excess: f64,
    pub(super) admitted: u64,
    /// The most that any limiter could have admitted in all.
    pub(super) possible: u64,
}

impl World {
    pub(super) fn new(seed: u64, without: Without) -> Self {
        let mut dice = Dice::new(seed);
        let n = |n| NonZeroU32::new(n).expect("not zero");
        let burst = dice.one_of(&[10, 50, 200, 1_000]);
        let rate = dice.one_of(&[20, 200, 5_000]);
        let bucket = TokenBucket::per_second(n(burst), n(rate)).expect("a good bucket");
        // Nobody says anything until a lease is about to end, and then all do.
        let silent = dice.chance(3_000);
        let length = if silent { 1_000 } else { dice.one_of(&[100, 250, 1_000]) };
        let length = Duration::from_millis(length);
        let terms = LeaseTerms::new(length, length / 10).expect("good terms");
        let style = if silent { 1 } else { dice.up_to(2) };
        let restless = if silent { 0 } else { dice.one_of(&[0, 60]) };
        let count = 1 + dice.up_to(5);
        let nodes = (0..count).map(|at| {
            let hoards = style == 1 || style == 2 && at % 2 == 0;
            let callers = if hoards { Callers::Hoarding } else { Callers::Eager };
            Node::new(&mut dice, without, callers, restless)
        });
        let nodes = nodes.collect();
        let rough = dice.chance(7_000);
        let often = |often: u32| if rough { often } else { 0 };
        let weather = Weather {
            loss: often(dice.one_of(&[200, 1_500])),
            repeat: often(1_500),
            delay: dice.one_of(if silent { &[0, 1] } else { &[0, 1, 20, 60] }),
            crash: often(dice.one_of(&[0, 5, 50])),
            sleep: often(dice.one_of(&[0, 20, 60])),
            fail_over: often(dice.one_of(&[0, 0, 8, 20])),
            called_every: dice.one_of(if silent { &[1_400] } else { &[150, 400, 1_400] }),
            is_silent: silent,
            called_after: dice.one_of(&[0, 40]),
        };
        let server = Server::new(without, bucket, terms);
        let (messages, ledger) = (Vec::new(), Ledger::new(bucket));
        Self { dice, nodes, server, weather, messages, ledger, called_at: -10 * TICK }
    }

    /// A world where nothing goes wrong and all nodes are called alike.
    pub(super) fn calm(seed: u64, nodes: u32, bucket: TokenBucket) -> Self {
        let mut dice = Dice::new(seed);
        let without = Without::Nothing;
        let nodes = (0..nodes).map(|_| Node::new(&mut dice, without, Callers::Eager, 0)).collect();
        let weather = Weather {
            loss: 0,
            repeat: 0,
            delay: 1,
            crash: 0,
            sleep: 0,
            fail_over: 0,
            called_every: 400,
            is_silent: false,
            called_after: 0,
        };
        let server = Server::new(without, bucket, LeaseTerms::DEFAULT);
        let (messages, ledger) = (Vec::new(), Ledger::new(bucket));
        Self { dice, nodes, server, weather, messages, ledger, called_at: -10 * TICK }
    }

    pub(super) fn run(mut self) -> Outcome {
        for tick in 0..TICKS {
            self.tick(tick * TICK);
        }
        self.ledger.outcome()
    }

    fn tick(&mut self, now: i64) {
        self.strike(now);
        self.deliver(now);
        let is_ending = |node: &Node| node.asleep_until <= now && node.is_ending(now);
        let window = |from: i64| (from..from + 4 * TICK).contains(&now);
        let is_time = now % (self.weather.called_every * TICK) < 4 * TICK;
        if self.nodes.iter().any(is_ending) {
            self.called_at = now + self.weather.called_after * TICK;
        }
        let spends = window(self.called_at) || is_time && !self.weather.is_silent;
        let asks = window(self.called_at) || is_time;
        for at in 0..self.nodes.len() {
            if self.nodes[at].asleep_until > now {
                continue;
            }
            let (bucket, terms) = (self.server.bucket, self.server.terms);
            let node = &mut self.nodes[at];
            let admitted = node.serve(&mut self.dice, now, spends);
            self.ledger.admit(now, admitted);
            if let Some(request) = node.ask(&mut self.dice, now, bucket, terms, asks) {
                self.post(now, &Message::Request(at, request));
            }
        }
    }

    fn strike(&mut self, now: i64) {
        if self.dice.chance(500) {
            self.server.replicate();
        }
        if self.dice.chance(self.weather.fail_over) {
            self.server.fail_over(now);
        }
        for node in &mut self.nodes {
            if self.dice.chance(self.weather.crash) {
                node.crash(&mut self.dice);
            }
            if node.asleep_until <= now && self.dice.chance(self.weather.sleep) {
                let long = i64::from(1 + self.dice.up_to(300));
                node.sleep(now, long * TICK);
            }
        }
    }

    fn deliver(&mut self, now: i64) {
        // Nobody hears anything while asleep; the message waits.
        let asleep = |message: &Message| match message {
            Message::Reply(to, ..) => self.nodes[*to].asleep_until > now,
            Message::Request(..) => false,
        };
        let due = |(at, message): &mut (i64, Message)| *at <= now && !asleep(message);
        let arrived: Vec<_> = self.messages.extract_if(.., due).collect();
        for (_, message) in arrived {
            match message {
                Message::Request(from, request) => {
                    let grant = self.server.renew(now, request);
                    let reply = Message::Reply(from, request.holder, request.number, grant);
                    self.post(now, &reply);
                }
                Message::Reply(to, holder, number, grant) => {
                    let (bucket, terms) = (self.server.bucket, self.server.terms);
                    let node = &mut self.nodes[to];
                    if node.holder == holder {
                        node.hear(now, bucket, terms, number, grant);
                    }
                }
            }
        }
    }

    fn post(&mut self, now: i64, message: &Message) {
        let copy = |message: &Message| match message {
            Message::Request(from, request) => Message::Request(*from, *request),
            Message::Reply(to, holder, number, grant) => {
                Message::Reply(*to, *holder, *number, *grant)
            }
        };
        if !self.dice.chance(self.weather.loss) {
            let delay = i64::from(self.dice.up_to(self.weather.delay));
            self.messages.push((now + delay * TICK, copy(message)));
        }
        if self.dice.chance(self.weather.repeat) {
            let late = i64::from(self.dice.up_to(400));
            self.messages.push((now + late * TICK, copy(message)));
        }
    }
}

/// Every admission, held against the envelope over every interval as it happens.
///
/// All numbers are tokens times the microseconds of the rate's period: integers, no rounding.
struct Ledger {
    bucket: TokenBucket,
    admitted: i128,
    last: i64,
    /// The least of what was admitted before a moment, less what the rate gave until then.
    least: i128,
    worst: i128,
}

impl Ledger {
    const fn new(bucket: TokenBucket) -> Self {
        Self { bucket, admitted: 0, last: 0, least: i128::MAX, worst: i128::MIN }
    }

    fn admit(&mut self, now: i64, count: u32) {
        let per = i128::try_from(self.bucket.per().as_micros()).expect("at most a year");
        let given = i128::from(now) * i128::from(self.bucket.n().get());
        self.least = self.least.min(self.admitted * per - given);
        self.admitted += i128::from(count);
        self.worst = self.worst.max(self.admitted * per - given - self.least);
        self.last = now;
    }

    fn outcome(&self) -> Outcome {
        let per = i128::try_from(self.bucket.per().as_micros()).expect("at most a year");
        let burst = i128::from(self.bucket.burst().get());
        let passed = Duration::from_micros(self.last.unsigned_abs());
        #[expect(clippy::cast_precision_loss, reason = "it is only shown")]
        let excess = (self.worst - burst * per) as f64 / per as f64;
        Outcome {
            excess,
            admitted: u64::try_from(self.admitted).expect("not negative"),
            possible: self.bucket.envelope().at_most_in(passed),
        }
    }
}
