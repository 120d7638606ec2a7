//! Every shape against its model in wide integers, and its envelope over every interval.

use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use tenancy_core::limit::step::Reading;
use tenancy_core::limit::{
    Call, ChargeId, Decision, Limit, LimitName, MemoryRateLimiter, Operation, Policy, RateLimiter,
};
use tenancy_core::{ManualClock, TenantId};
use time::OffsetDateTime;

use super::model::{Model, policies};
use crate::contract::limiter::n;

const START: i64 = 1_790_000_000_000_000;

/// A limiter on a clock of its own, and two tenants.
struct World {
    clock: Arc<ManualClock>,
    limiter: MemoryRateLimiter,
    tenants: [TenantId; 2],
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at_unix(0));
        let limiter = MemoryRateLimiter::new(clock.clone());
        Self { clock, limiter, tenants: [TenantId::generate(), TenantId::generate()] }
    }

    fn decide(&self, now: i64, tenant: usize, limit: &Limit, call: Call) -> Decision {
        let nanos = i128::from(now) * 1_000;
        self.clock.set(OffsetDateTime::from_unix_timestamp_nanos(nanos).expect("a time"));
        let limits = std::slice::from_ref(limit);
        let mut decision = pin!(self.limiter.decide(self.tenants[tenant], limits, call));
        match decision.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(decision) => decision.expect("a decision"),
            Poll::Pending => unreachable!("memory answers at once"),
        }
    }

    fn read(&self, now: i64, tenant: usize, limit: &Limit, cost: u32) -> Reading {
        self.decide(now, tenant, limit, Call::peek(n(cost))).binding().reading()
    }
}

#[derive(Debug, Clone)]
struct Asked {
    forward: i64,
    tenant: usize,
    cost: u32,
    operation: Operation,
}

/// Steps of a clock, mostly small beside the window of a millisecond, sometimes none, sometimes
/// across it.
fn forwards() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 1..200_i64, 500..3_000_i64, Just(1_000), Just(999), 900_000..1_100_000_i64]
}

fn asked(forward: impl Strategy<Value = i64>) -> impl Strategy<Value = Vec<Asked>> {
    let operation = prop_oneof![
        6 => Just(Operation::Charge),
        1 => Just(Operation::Peek),
        1 => Just(Operation::UpTo),
    ];
    let asked = (forward, 0..2_usize, 1..6_u32, operation)
        .prop_map(|(forward, tenant, cost, operation)| Asked { forward, tenant, cost, operation });
    prop::collection::vec(asked, 1..200)
}

fn call(asked: &Asked) -> Call {
    match asked.operation {
        Operation::Peek => Call::peek(n(asked.cost)),
        Operation::UpTo => Call::up_to(n(asked.cost)),
        Operation::Force => Call::forced(n(asked.cost)),
        _ => Call::charge(n(asked.cost)),
    }
}

/// What was admitted in the interval of a length that ends with `now`, which is inside.
fn admitted_until(ledger: &[(i64, u32)], now: i64, length: i64) -> u64 {
    let inside = ledger.iter().filter(|(at, _)| now - length < *at && *at <= now);
    inside.map(|(_, cost)| u64::from(*cost)).sum()
}

fn holds(policy: Policy, ledger: &[(i64, u32)]) -> Result<(), TestCaseError> {
    // The fullest intervals begin and end with a hit: these are all that can break the promise.
    for (first, (begin, _)) in ledger.iter().enumerate() {
        for (end, _) in &ledger[first..] {
            let length = end - begin + 1;
            let most = policy.envelope().at_most_in(Duration::from_micros(length.unsigned_abs()));
            let admitted = admitted_until(ledger, *end, length);
            prop_assert!(admitted <= most, "{policy:?}: {admitted} in {length} µs, not {most}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn does_what_the_model_does(count in 1..40_u32, trace in asked(forwards())) {
        for policy in policies(n(count)) {
            let (world, limit) = (World::new(), Limit::new(LimitName::TENANT, policy));
            let mut models = [Model::new(policy), Model::new(policy)];
            let (mut ledgers, mut now) = ([Vec::new(), Vec::new()], START);
            for asked in &trace {
                now += asked.forward;
                let model = &mut models[asked.tenant];
                let expected = model.read(now, asked.cost);
                prop_assert_eq!(world.read(now, asked.tenant, &limit, asked.cost), expected);
                let decision = world.decide(now, asked.tenant, &limit, call(asked));
                let granted = match asked.operation {
                    Operation::Peek => 0,
                    Operation::UpTo => expected.remaining.min(asked.cost),
                    _ if expected.refusal.is_none() => asked.cost,
                    _ => 0,
                };
                prop_assert_eq!(decision.granted(), granted);
                if granted > 0 {
                    model.charge(now, granted);
                    ledgers[asked.tenant].push((now, granted));
                    let after = Reading { refusal: None, ..model.read(now, 1) };
                    prop_assert_eq!(decision.binding().reading(), after);
                }
                if let Some(wait) = decision.retry_after() {
                    let cost = if asked.operation == Operation::UpTo { 1 } else { asked.cost };
                    let then = now + i64::try_from(wait.as_micros()).expect("short");
                    let refusal = |at| world.read(at, asked.tenant, &limit, cost).refusal;
                    prop_assert!(refusal(then).is_none(), "{:?}: not after {:?}", policy, wait);
                    prop_assert!(refusal(then - 1).is_some(), "{:?}: before {:?}", policy, wait);
                }
            }
            for ledger in &ledgers {
                holds(policy, ledger)?;
            }
        }
    }

    #[test]
    fn holds_when_the_clock_goes_both_ways(
        count in 1..20_u32,
        trace in asked(prop_oneof![-2_000..2_500_i64, -1_200_000..1_500_000_i64]),
    ) {
        for policy in policies(n(count)) {
            let (world, limit) = (World::new(), Limit::new(LimitName::TENANT, policy));
            let mut models = [Model::new(policy), Model::new(policy)];
            // When a charge counts: no earlier than any before it.
            let (mut ledgers, mut now, mut latest) = ([Vec::new(), Vec::new()], START, [0; 2]);
            for asked in &trace {
                now += asked.forward;
                let model = &mut models[asked.tenant];
                let expected = model.read(now, asked.cost);
                prop_assert_eq!(world.read(now, asked.tenant, &limit, asked.cost), expected);
                let granted = world.decide(now, asked.tenant, &limit, call(asked)).granted();
                if granted > 0 {
                    model.charge(now, granted);
                    let latest = &mut latest[asked.tenant];
                    *latest = now.max(*latest);
                    ledgers[asked.tenant].push((*latest, granted));
                }
            }
            for ledger in &ledgers {
                holds(policy, ledger)?;
            }
        }
    }

    #[test]
    fn a_debt_is_paid_off_by_time(
        count in 1..20_u32,
        trace in prop::collection::vec((0..900_i64, 1..50_u32, any::<bool>()), 1..60),
    ) {
        for policy in policies(n(count)).into_iter().skip(1) {
            let (world, limit) = (World::new(), Limit::new(LimitName::TENANT, policy));
            let (mut model, mut now) = (Model::new(policy), START);
            for (forward, cost, forced) in &trace {
                now += forward;
                let call = if *forced { Call::forced(n(*cost)) } else { Call::charge(n(*cost)) };
                let decision = world.decide(now, 0, &limit, call);
                let fits = model.read(now, *cost).refusal.is_none();
                prop_assert_eq!(decision.is_allowed(), *forced || fits);
                if decision.is_allowed() {
                    model.charge(now, *cost);
                }
                // The model keeps all of a debt. A bucket keeps a burst of it at least.
                prop_assert_eq!(world.read(now, 0, &limit, 1), model.read(now, 1), "{:?}", policy);
                prop_assert_eq!(world.read(now, 1, &limit, 1).remaining, policy.n().get());
            }
        }
    }

    #[test]
    fn what_was_given_back_was_never_used(
        count in 2..20_u32,
        trace in prop::collection::vec((forwards(), 1..6_u32, prop::option::of(0..8_usize)), 1..120),
    ) {
        for policy in policies(n(count)).into_iter().skip(1) {
            let (world, limit) = (World::new(), Limit::new(LimitName::TENANT, policy));
            let mut charged: Vec<(ChargeId, i64, u32)> = Vec::new();
            let (mut ledger, mut now) = (Vec::new(), START);
            for (forward, cost, back) in &trace {
                now += forward;
                let id = ChargeId::generate();
                if world.decide(now, 0, &limit, Call::charge(n(*cost)).with_id(id)).is_allowed() {
                    charged.push((id, now, *cost));
                }
                if let Some(place) = back.filter(|place| *place < charged.len()) {
                    let (id, at, cost) = charged.remove(charged.len() - 1 - place);
                    let before = world.read(now, 0, &limit, 1).remaining;
                    let refund = world.decide(now, 0, &limit, Call::refund(id));
                    let after = refund.binding().remaining();
                    prop_assert!(before <= after && after <= before + cost);
                    if at == now {
                        prop_assert_eq!(after, before + cost, "{:?}: at once it is whole", policy);
                    }
                    if refund.granted() == 0 {
                        let age = Duration::from_micros((now - at).unsigned_abs());
                        prop_assert!(age >= policy.window(), "{:?}: forgotten early", policy);
                        charged.push((id, at, cost));
                    } else {
                        prop_assert_eq!(refund.granted(), cost);
                    }
                    let again = world.decide(now, 0, &limit, Call::refund(id));
                    prop_assert_eq!((again.granted(), again.binding().remaining()), (0, after));
                    let foreign = world.decide(now, 1, &limit, Call::refund(id));
                    prop_assert_eq!(foreign.granted(), 0, "another tenant's id");
                }
            }
            ledger.extend(charged.iter().map(|(_, at, cost)| (*at, *cost)));
            ledger.sort_unstable();
            holds(policy, &ledger)?;
        }
    }
}

#[test]
fn envelopes_in_words_and_numbers() {
    let of = |policy: Policy, micros| policy.envelope().at_most_in(Duration::from_micros(micros));
    for policy in policies(n(10)) {
        assert_eq!(of(policy, 0), 0);
        assert!(of(policy, u64::MAX) > 1_000_000);
    }
    let [log, at_most, .., bucket, _, calendar] = &policies(n(10))[..] else { unreachable!() };
    assert_eq!((of(*log, 1_000), of(*log, 1_001)), (10, 20));
    assert_eq!((of(*at_most, 1_000), of(*at_most, 1_001)), (10, 20));
    assert_eq!((of(*bucket, 1), of(*bucket, 200), of(*bucket, 1_000)), (10, 11, 15));
    assert_eq!((of(*calendar, 1), of(*calendar, 2), of(*calendar, 1_000_001)), (10, 20, 20));
    assert_eq!(of(*calendar, 1_000_002), 30);
    assert_eq!(NonZeroU32::MIN, log.share_of(n(11)).n());
}
