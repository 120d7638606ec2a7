//! Policies that change while they are in use: no interval holds more than the largest of them.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use tenancy_core::limit::{
    AtMost, Calendar, Change, Limit, LimitName, MemoryRateLimiter, Period, Policy, RateLimiter,
    SlidingLog, TokenBucket,
};
use tenancy_core::{ManualClock, TenantId};

use crate::contract::limiter::n;

#[derive(Debug, Clone)]
struct Step {
    forward: u64,
    tenant: usize,
    cost: u32,
    /// Which of the policies is in force.
    policy: usize,
}

fn trace() -> impl Strategy<Value = Vec<Step>> {
    let forward = prop_oneof![3 => Just(0_u64), 6 => 1..200_000_u64, 1 => 200_000..2_000_000_u64];
    let step = (
        forward,
        0..2_usize,
        1..6_u32,
        prop_oneof![4 => Just(None), 1 => (0..3_usize).prop_map(Some)],
    );
    prop::collection::vec(step, 1..200).prop_map(|steps| {
        let mut policy = 0;
        let step = |(forward, tenant, cost, change): (u64, usize, u32, Option<usize>)| {
            policy = change.unwrap_or(policy);
            Step { forward, tenant, cost, policy }
        };
        steps.into_iter().map(step).collect()
    })
}

/// What one call admitted: its tenant, when, and how much, in microseconds.
type Ledger = Vec<(u64, u32)>;

/// Runs a trace under three policies that change; returns what each tenant was admitted.
fn run(policies: &[Policy; 3], change: Change, trace: &[Step]) -> [Ledger; 2] {
    let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
    let limiter = MemoryRateLimiter::new(clock.clone());
    let tenants = [TenantId::generate(), TenantId::generate()];
    let (mut ledgers, mut now) = ([Vec::new(), Vec::new()], 0);
    for step in trace {
        now += step.forward;
        clock.advance(Duration::from_micros(step.forward));
        let limit = [Limit::new(LimitName::TENANT, policies[step.policy]).on_change(change)];
        let mut decision = pin!(limiter.check(tenants[step.tenant], &limit, n(step.cost)));
        let Poll::Ready(decision) = decision.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            unreachable!("memory answers at once")
        };
        if decision.expect("a decision").is_allowed() {
            ledgers[step.tenant].push((now, step.cost));
        }
    }
    ledgers
}

/// The most that any interval of this length holds, in microseconds.
fn fullest(ledger: &[(u64, u32)], length: u64) -> u64 {
    let sum = |begin: u64| {
        let inside = ledger.iter().filter(|(at, _)| (begin..begin + length).contains(at));
        inside.map(|(_, cost)| u64::from(*cost)).sum::<u64>()
    };
    ledger.iter().map(|(begin, _)| sum(*begin)).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    /// As long as the shortest window, whatever it was in between.
    #[test]
    fn a_window_holds_the_largest_count_at_most(
        counts in [1..40_u32, 1..40_u32, 1..40_u32],
        millis in [300..2_000_u64, 300..2_000_u64, 300..2_000_u64],
        trace in trace(),
    ) {
        let window = |at: usize| Duration::from_millis(millis[at]);
        let logs: [Policy; 3] = [0, 1, 2].map(|at| SlidingLog::new(n(counts[at]), window(at)).unwrap().into());
        let at_most: [Policy; 3] = [0, 1, 2].map(|at| AtMost::new(n(counts[at]), window(at)).unwrap().into());
        let shortest = millis.into_iter().min().unwrap() * 1_000;
        let most = u64::from(counts.into_iter().max().unwrap());
        for (policies, change) in [
            (logs, Change::AsIs),
            (at_most, Change::AsIs),
            (at_most, Change::Proportional),
        ] {
            for ledger in run(&policies, change, &trace) {
                let found = fullest(&ledger, shortest);
                prop_assert!(found <= most, "{policies:?} {change:?}: {found} of {most}");
            }
        }
    }

    #[test]
    fn a_bucket_holds_the_largest_burst_and_what_each_rate_gave(
        bursts in [1..40_u32, 1..40_u32, 1..40_u32],
        rates in [1..50_u32, 1..50_u32, 1..50_u32],
        trace in trace(),
    ) {
        let second = Duration::from_secs(1);
        let policies: [Policy; 3] = [0, 1, 2]
            .map(|at| TokenBucket::new(n(bursts[at]), n(rates[at]), second).unwrap().into());
        let ledgers = run(&policies, Change::AsIs, &trace);
        let burst = u128::from(bursts.into_iter().max().unwrap());
        // A bucket learns of its new rate with the first call under it: the highest one counts.
        let rate = u128::from(rates.into_iter().max().unwrap());
        for ledger in ledgers {
            for (first, (begin, _)) in ledger.iter().enumerate() {
                let mut sum = 0;
                for (end, cost) in &ledger[first..] {
                    sum += u128::from(*cost);
                    let most = burst * 1_000_000 + rate * u128::from(end - begin + 1);
                    prop_assert!(sum * 1_000_000 <= most, "{policies:?}: {sum} in {} µs", end - begin);
                }
            }
        }
    }

    #[test]
    fn a_period_holds_the_largest_count_at_most(
        counts in [1..40_u32, 1..40_u32, 1..40_u32],
        trace in trace(),
    ) {
        let policies: [Policy; 3] = counts.map(|count| Calendar::new(n(count), Period::Second).into());
        let most = u64::from(counts.into_iter().max().unwrap());
        for change in [Change::AsIs, Change::Proportional] {
            for ledger in run(&policies, change, &trace) {
                for second in 0..400 {
                    let period = second * 1_000_000..(second + 1) * 1_000_000;
                    let inside = ledger.iter().filter(|(at, _)| period.contains(at));
                    let sum: u64 = inside.map(|(_, cost)| u64::from(*cost)).sum();
                    prop_assert!(sum <= most, "{policies:?} {change:?}: {sum} of {most}");
                }
            }
        }
    }
}

/// The trials above can fail: a change that forgets admits both counts in one window.
#[test]
fn a_reset_is_not_held_to_it() {
    let policies = [n(5), n(6), n(5)].map(|count| AtMost::per_second(count).into());
    let step = |policy| Step { forward: 0, tenant: 0, cost: 5, policy };
    let [ledger, other] = run(&policies, Change::Reset, &[step(0), step(1), step(2)]);
    assert_eq!(fullest(&ledger, 1_000_000), 15);
    assert_eq!(other, []);
}
