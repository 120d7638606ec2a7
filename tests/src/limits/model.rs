//! What each shape promises, written down once more: plainly, in wide integers, from all hits.

use std::time::Duration;

use tenancy_core::limit::step::{Reading, Refusal};
use tenancy_core::limit::{AtMost, Calendar, Period, Policy, SlidingLog, TokenBucket};

/// All that was ever charged to a limit, and what its shape makes of it.
#[derive(Debug, Clone)]
pub(super) struct Model {
    policy: Policy,
    /// When and how much.
    hits: Vec<(i128, u128)>,
}

/// How much is used, and how much less will be used when.
struct Standing {
    used: u128,
    /// When which amount is free again, in order.
    frees: Vec<(i128, u128)>,
}

impl Model {
    pub(super) fn new(policy: impl Into<Policy>) -> Self {
        Self { policy: policy.into(), hits: Vec::new() }
    }

    pub(super) fn charge(&mut self, now: i64, cost: u32) {
        let now = self.not_before_newest(now.into());
        let newest = self.hits.last().map_or(now, |(at, _)| *at);
        let bucketed = matches!(self.policy, Policy::AtMost(_));
        self.hits.push((if bucketed { now } else { now.max(newest) }, cost.into()));
    }

    pub(super) fn read(&self, now: i64, cost: u32) -> Reading {
        let now = self.not_before_newest(now.into());
        if let Policy::TokenBucket(policy) = self.policy {
            return self.read_bucket(policy, now, cost.into());
        }
        let n = u128::from(self.policy.n().get());
        let Standing { used, frees } = self.standing(now);
        let after = |at: i128| micros(at - now);
        let remaining = n.saturating_sub(used);
        let refusal = if u128::from(cost) <= remaining {
            None
        } else if u128::from(cost) > n {
            Some(Refusal::Never)
        } else {
            let mut left = used;
            let at = frees.iter().find(|(_, amount)| {
                left -= amount;
                left + u128::from(cost) <= n
            });
            Some(Refusal::Wait(after(at.expect("all of it is free at last").0)))
        };
        Reading {
            remaining: u32::try_from(remaining).expect("no more than n"),
            more_after: frees.first().map_or(Duration::ZERO, |(at, _)| after(*at)),
            reset_after: frees.last().map_or(Duration::ZERO, |(at, _)| after(*at)),
            refusal,
        }
    }

    fn standing(&self, now: i128) -> Standing {
        let newest = self.hits.last().map_or(0, |(at, _)| self.counts_until(*at));
        // A new period ends the one before, wherever the clock goes then.
        let periods = matches!(self.policy, Policy::Calendar(_));
        let mut frees: Vec<_> = self
            .hits
            .iter()
            .map(|(at, cost)| (self.counts_until(*at), *cost))
            .filter(|(until, _)| *until > now && (!periods || *until == newest))
            .collect();
        frees.sort_unstable();
        Standing { used: frees.iter().map(|(_, cost)| cost).sum(), frees }
    }

    fn counts_until(&self, at: i128) -> i128 {
        match self.policy {
            Policy::SlidingLog(policy) => at + length(policy),
            Policy::AtMost(policy) => {
                let bucket = bucket(policy);
                at - at % bucket + bucket - 1 + length(policy)
            }
            Policy::Calendar(policy) => end_of_period(policy, at),
            _ => unreachable!("it has no end of its own"),
        }
    }

    fn read_bucket(&self, policy: TokenBucket, now: i128, cost: u128) -> Reading {
        // A microsecond gives n units, a token is as many as the period has microseconds.
        let (rate, token) = (u128::from(policy.n().get()), policy.per().as_micros());
        let full = u128::from(policy.burst().get()) * token;
        let (mut used, mut last) = (0, 0);
        for (at, cost) in &self.hits {
            used = drained(used, at - last, rate) + cost * token;
            last = *at;
        }
        used = drained(used, now - last, rate);
        let remaining = full.saturating_sub(used) / token;
        let until = |tokens: u128| {
            let units = (used + tokens * token).saturating_sub(full);
            micros(i128::try_from(units.div_ceil(rate)).expect("a time"))
        };
        let burst = u128::from(policy.burst().get());
        Reading {
            remaining: u32::try_from(remaining).expect("no more than the burst"),
            more_after: if used == 0 { Duration::ZERO } else { until(remaining + 1) },
            reset_after: until(burst),
            refusal: if cost <= remaining {
                None
            } else if cost > burst {
                Some(Refusal::Never)
            } else {
                Some(Refusal::Wait(until(cost)))
            },
        }
    }

    /// A clock that goes back does not open anything: what comes then comes with the newest hit,
    /// or its bucket or period.
    fn not_before_newest(&self, now: i128) -> i128 {
        let Some((newest, _)) = self.hits.last() else { return now };
        match self.policy {
            Policy::AtMost(policy) => now.max(newest - newest % bucket(policy)),
            // A period stands until it ends; how long that is, the clock says.
            Policy::Calendar(_) => now,
            _ => now.max(*newest),
        }
    }
}

fn drained(used: u128, micros: i128, rate: u128) -> u128 {
    used.saturating_sub(u128::try_from(micros).expect("forward") * rate)
}

fn length(policy: impl Into<Policy>) -> i128 {
    i128::try_from(policy.into().window().as_micros()).expect("a length")
}

fn bucket(policy: AtMost) -> i128 {
    (length(policy) + 14) / 15
}

fn period(period: Period) -> i128 {
    match period {
        Period::Second => 1_000_000,
        Period::Minute => 60_000_000,
        Period::Hour => 3_600_000_000,
        Period::Day => 86_400_000_000,
        Period::Month => unreachable!("it is as long as it is"),
    }
}

fn end_of_period(policy: Calendar, at: i128) -> i128 {
    let length = period(policy.period());
    at - at % length + length
}

fn micros(micros: i128) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// The shapes under test.
pub(super) fn policies(n: std::num::NonZeroU32) -> Vec<Policy> {
    let millis = Duration::from_millis;
    let half = std::num::NonZeroU32::new(n.get().div_ceil(2)).expect("not zero");
    vec![
        SlidingLog::new(n, millis(1)).expect("a good policy").into(),
        AtMost::new(n, millis(1)).expect("a good policy").into(),
        AtMost::new(n, Duration::from_micros(1_501)).expect("a good policy").into(),
        TokenBucket::new(n, half, millis(1)).expect("a good policy").into(),
        TokenBucket::new(half, n, Duration::from_micros(1_009)).expect("a good policy").into(),
        Calendar::new(n, Period::Second).into(),
    ]
}
