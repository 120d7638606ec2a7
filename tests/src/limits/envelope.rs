//! The envelope of a policy over every interval, by brute force.

use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;
use tenancy_core::limit::SlidingLog;
use tenancy_core::limit::step::{Refusal, SlidingLogState};

use crate::contract::limiter::n;

/// Every admitted hit of a trace, and the sums over it in wide integers.
#[derive(Default)]
struct Ledger(Vec<(i128, u128)>);

impl Ledger {
    /// What was admitted in the window that ends with `now`, which is inside.
    fn in_window(&self, now: i128, window: i128) -> u128 {
        self.0.iter().filter(|(at, _)| now - window < *at && *at <= now).map(|(_, cost)| cost).sum()
    }
}

/// Steps of a clock, mostly small beside the window, sometimes none, sometimes across it.
fn steps() -> impl Strategy<Value = Vec<(i64, u32)>> {
    let forward = prop_oneof![Just(0), 1..200_i64, 500..3_000_i64, Just(1_000)];
    prop::collection::vec((forward, 1..6_u32), 1..300)
}

fn window_of_a_millisecond(count: u32) -> SlidingLog {
    SlidingLog::new(n(count), Duration::from_millis(1)).expect("a good policy")
}

proptest! {
    #[test]
    fn admits_at_most_n_in_any_window_and_never_less_than_it_could(
        count in 1..40_u32,
        trace in steps(),
    ) {
        let policy = window_of_a_millisecond(count);
        let (mut state, mut other) = (SlidingLogState::new(), SlidingLogState::new());
        let (mut ledger, mut now) = (Ledger::default(), 0_i64);
        for (forward, cost) in trace {
            now += forward;
            let cost = n(cost);
            let reading = state.read(policy, now, cost);
            let used = ledger.in_window(now.into(), 1_000);
            let fits = used + u128::from(cost.get()) <= u128::from(count);
            prop_assert_eq!(reading.refusal.is_none(), fits);
            prop_assert_eq!(u128::from(reading.remaining), u128::from(count) - used);
            match reading.refusal {
                None => {
                    state.charge(policy, now, cost);
                    ledger.0.push((now.into(), cost.get().into()));
                }
                Some(Refusal::Never) => prop_assert!(cost.get() > count),
                Some(Refusal::Wait(wait)) => {
                    let then = now + i64::try_from(wait.as_micros()).expect("short");
                    prop_assert!(state.read(policy, then, cost).refusal.is_none());
                    prop_assert!(state.read(policy, then - 1, cost).refusal.is_some());
                }
            }
            // Another tenant's state is its own.
            prop_assert!(other.read(policy, now, NonZeroU32::MIN).refusal.is_none() || count == 1);
            other = SlidingLogState::new();
        }
        // The fullest windows end with a hit: these are all that can break the promise.
        for (at, _) in &ledger.0 {
            prop_assert!(ledger.in_window(*at, 1_000) <= u128::from(count));
        }
        for length in [1, 999, 1_000, 1_001, 2_500, 10_000] {
            let most = policy.envelope().at_most_in(Duration::from_micros(length));
            for (at, _) in &ledger.0 {
                prop_assert!(ledger.in_window(*at, length.into()) <= u128::from(most));
            }
        }
    }

    #[test]
    fn holds_when_the_clock_goes_both_ways(
        count in 1..20_u32,
        trace in prop::collection::vec((-2_000..2_500_i64, 1..4_u32), 1..300),
    ) {
        let policy = window_of_a_millisecond(count);
        let mut state = SlidingLogState::new();
        let (mut ledger, mut now, mut latest) = (Ledger::default(), 0_i64, i64::MIN);
        for (step, cost) in trace {
            now += step;
            latest = latest.max(now);
            if state.read(policy, now, n(cost)).refusal.is_none() {
                state.charge(policy, now, n(cost));
                let at = state.newest().expect("charged");
                prop_assert!(at <= latest, "no hit is later than any clock said");
                ledger.0.push((at.into(), cost.into()));
            }
        }
        prop_assert!(ledger.0.is_sorted_by_key(|(at, _)| *at));
        for (at, _) in &ledger.0 {
            prop_assert!(ledger.in_window(*at, 1_000) <= u128::from(count));
        }
    }
}
