//! No interval of any length holds more than the bucket's envelope; without one of the rules,
//! some do.

use std::num::NonZeroU32;

use tenancy_core::limit::TokenBucket;

use super::server::Without;
use super::world::World;

/// How many trials; `LEASE_TRIALS=10000` is the long mode.
fn trials() -> u64 {
    let given = std::env::var("LEASE_TRIALS").ok();
    given.map_or(500, |given| given.parse().expect("LEASE_TRIALS is a number"))
}

#[test]
fn no_interval_holds_more_than_the_envelope() {
    let (mut admitted, mut possible) = (0, 0);
    for seed in 0..trials() {
        let outcome = World::new(seed, Without::Nothing).run();
        assert!(outcome.excess <= 0.0, "{} tokens too many with seed {seed}", outcome.excess);
        admitted += outcome.admitted;
        possible += outcome.possible;
    }
    println!("{} trials: {} % of what was possible", trials(), admitted * 100 / possible);
    assert!(admitted * 100 >= possible * 15, "{admitted} of {possible}: nothing was tried");
}

/// Each rule bears load: what it prevents happens without it.
fn fails_without(rule: Without) {
    let trials = 500;
    let excess = |seed| World::new(seed, rule).run().excess;
    let too_much: Vec<f64> = (0..trials).map(excess).filter(|excess| *excess > 0.0).collect();
    let worst = too_much.iter().copied().fold(0.0, f64::max);
    println!("without {rule:?}: {} of {trials} trials, {worst:.1} tokens", too_much.len());
    assert!(!too_much.is_empty(), "{rule:?} was not missed in {trials} trials");
}

macro_rules! each_rule_bears_load {
    ($($name:ident: $rule:ident,)*) => {
        $(
            #[test]
            fn $name() {
                fails_without(Without::$rule);
            }
        )*
    };
}
each_rule_bears_load! {
    fails_without_deducting_first: DeductingFirst,
    fails_without_a_capped_refill: CappedRefill,
    fails_when_ended_leases_go_back: SpentWhenEnded,
    fails_without_fencing: Fencing,
    fails_when_time_counts_from_the_answer: TimeFromSending,
    fails_when_a_clock_sleeps: TimeInSleep,
    fails_without_a_margin: Margin,
    fails_without_the_order_of_time: TimeInOrder,
    fails_without_a_restart_after_failover: Restart,
}

#[test]
fn eight_nodes_under_even_load_admit_nearly_all_there_is() {
    let n = |n| NonZeroU32::new(n).expect("not zero");
    for (burst, rate) in [(1_000, 1_000), (10_000, 5_000), (400, 2_000)] {
        let bucket = TokenBucket::per_second(n(burst), n(rate)).expect("a good bucket");
        let outcome = World::calm(7, 8, bucket).run();
        assert!(outcome.excess <= 0.0);
        let missing = outcome.possible - outcome.admitted;
        println!("{burst} and {rate}/s: {missing} of {} not admitted", outcome.possible);
        assert!(missing * 20 <= u64::from(burst), "{missing} of a burst of {burst}");
    }
}
