//! A node: its clock, its lease, and how its callers behave.

use tenancy_core::limit::TokenBucket;
use tenancy_core::limit::lease::{Holder, LeaseGrant, LeaseHold, LeaseRequest, LeaseTerms};

use super::server::Without;
use crate::limits::dice::Dice;

/// How the callers of a node behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callers {
    /// They take what there is.
    Eager,
    /// They wait until a lease is about to end, and then all of them are called at once.
    Hoarding,
}

pub(super) struct Node {
    without: Without,
    callers: Callers,
    pub(super) holder: Holder,
    pub(super) hold: LeaseHold,
    /// How much faster its clock runs, in parts of a million.
    drift: i64,
    /// What its clock has missed.
    lag: i64,
    pub(super) asleep_until: i64,
    sent: Option<(u64, i64)>,
    patience: i64,
    /// How often a hoarder asks for more without a reason, in 10,000 ticks.
    restless: u32,
}

impl Node {
    pub(super) fn new(dice: &mut Dice, without: Without, callers: Callers, restless: u32) -> Self {
        let drift = i64::from(dice.one_of(&[0_i32, 9_500, -9_500, -9_500, 4_000]));
        let holder = Holder::from_number(dice.number());
        let hold = LeaseHold::new(holder, 0);
        let (lag, asleep_until, sent) = (0, 0, None);
        let patience = dice.one_of(&[30_000, 80_000]);
        Self { without, callers, holder, hold, drift, lag, asleep_until, sent, patience, restless }
    }

    /// What its clock shows at a moment.
    pub(super) fn clock(&self, now: i64) -> i64 {
        now + now * self.drift / 1_000_000 - self.lag
    }

    /// Sleeps; nothing runs, and its clock goes on.
    pub(super) fn sleep(&mut self, now: i64, micros: i64) {
        self.asleep_until = now + micros;
        if self.without == Without::TimeInSleep {
            self.lag += micros;
        }
    }

    /// Tells whether it holds something that ends now.
    pub(super) fn is_ending(&self, now: i64) -> bool {
        let clock = self.clock(now);
        self.hold.left(clock) > 0 && self.hold.left(clock + 1_000) == 0
    }

    /// Serves its callers; returns how many were admitted.
    pub(super) fn serve(&mut self, dice: &mut Dice, now: i64, is_called: bool) -> u32 {
        let clock = self.clock(now);
        let left = self.hold.left(clock);
        let spends = match self.callers {
            Callers::Eager => dice.chance(7_000),
            Callers::Hoarding => is_called || self.is_ending(now),
        };
        if !spends {
            return 0;
        }
        let before_grant =
            self.without == Without::DeductingFirst && left == 0 && dice.chance(3_000);
        let cost = match self.callers {
            Callers::Eager => dice.up_to(left.min(40)),
            Callers::Hoarding => left,
        };
        self.hold.ask(cost.max(1));
        u32::from(before_grant) + if self.hold.spend(clock, cost) { cost } else { 0 }
    }

    /// Asks for more, now and then.
    pub(super) fn ask(
        &mut self,
        dice: &mut Dice,
        now: i64,
        bucket: TokenBucket,
        terms: LeaseTerms,
        is_called: bool,
    ) -> Option<LeaseRequest> {
        let clock = self.clock(now);
        if let Some((number, sent)) = self.sent
            && now - sent > self.patience
        {
            self.hold.lost(number);
            self.sent = None;
        }
        let left = self.hold.left(clock);
        let request = match self.callers {
            Callers::Hoarding if is_called && left == 0 => {
                let all = bucket.burst().get();
                self.hold.begin(terms, clock, (1, all))
            }
            Callers::Hoarding if dice.chance(self.restless * if left > 0 { 1 } else { 5 }) => {
                let need = dice.up_to(bucket.burst().get()).max(1);
                let waiting = if dice.chance(8_000) { (1, need) } else { (0, 0) };
                self.hold.begin(terms, clock, waiting)
            }
            Callers::Eager if dice.chance(100) => self.hold.give_back(clock),
            Callers::Eager if left == 0 || dice.chance(500) => {
                let waiting = if left == 0 { (1, 1 + dice.up_to(30)) } else { (0, 0) };
                self.hold.begin(terms, clock, waiting)
            }
            Callers::Hoarding | Callers::Eager => None,
        }?;
        self.sent = Some((request.number, now));
        Some(request)
    }

    pub(super) fn hear(
        &mut self,
        now: i64,
        bucket: TokenBucket,
        terms: LeaseTerms,
        number: u64,
        grant: Option<LeaseGrant>,
    ) {
        let Some((_, sent)) = self.sent.filter(|(pending, _)| *pending == number) else { return };
        self.sent = None;
        if self.without == Without::TimeFromSending {
            self.lag += now - sent;
        }
        let terms = if self.without == Without::Margin { beyond_margin(terms) } else { terms };
        self.hold.finish(bucket, terms, self.clock(now), number, grant);
    }

    /// Starts again as somebody else, and knows nothing.
    pub(super) fn crash(&mut self, dice: &mut Dice) {
        self.holder = Holder::from_number(dice.number());
        self.hold = LeaseHold::new(self.holder, 0);
        self.sent = None;
    }
}

/// Terms under which a holder uses all of the length.
fn beyond_margin(terms: LeaseTerms) -> LeaseTerms {
    let length = (terms.length() + std::time::Duration::from_millis(5)) * 100 / 99;
    LeaseTerms::new(length, terms.refresh()).expect("good terms")
}
