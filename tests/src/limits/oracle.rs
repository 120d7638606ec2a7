//! The script in Redis gives the same numbers as the steps in memory, whatever is asked.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tenancy_core::limit::{
    AtMost, Calendar, Call, Change, ChargeId, Concurrency, Limit, LimitName, MemoryRateLimiter,
    Operation, Period, Policy, RateLimiter, SlidingLog, TokenBucket, Zone,
};
use tenancy_core::{ManualClock, TenantId};
use tenancy_redis::{OnLoss, RedisRateLimiter};
use time::OffsetDateTime;

use super::redis::store;
use crate::contract::limiter::n;

#[derive(Debug, Clone)]
struct Asked {
    /// Moves the clock by microseconds, in both directions; back to a second before its latest:
    /// so long everybody remembers.
    step: i64,
    tenant: usize,
    /// Which of the limits, by bit.
    limits: u8,
    /// Takes the second form of each policy.
    changed: bool,
    change: Change,
    operation: Operation,
    cost: NonZeroU32,
    /// Which id: those of earlier calls, of both tenants.
    id: usize,
}

fn asked() -> impl Strategy<Value = Asked> {
    let step = prop_oneof![
        4 => Just(0_i64),
        8 => 1..400_000_i64,
        2 => 1_000_000..90_000_000_i64,
        1 => -1_000_000..0_i64,
    ];
    let operation = prop_oneof![
        8 => Just(Operation::Charge),
        2 => Just(Operation::Peek),
        2 => Just(Operation::UpTo),
        1 => Just(Operation::Force),
        2 => Just(Operation::Refund),
        1 => Just(Operation::Release),
        1 => Just(Operation::Renew),
        1 => (0..20).prop_map(|one| if one == 0 { Operation::Reset } else { Operation::Charge }),
    ];
    let change = prop_oneof![Just(Change::AsIs), Just(Change::Proportional), Just(Change::Reset)];
    let cost = prop_oneof![8 => 1..4_u32, 1 => 4..40_u32, 1 => Just(u32::MAX)];
    (step, 0..2_usize, 1..=255_u8, prop::bool::weighted(0.15), change, operation, cost, 0..8_usize)
        .prop_map(|(step, tenant, limits, changed, change, operation, cost, id)| {
            let cost = NonZeroU32::new(cost).expect("not zero");
            Asked { step, tenant, limits, changed, change, operation, cost, id }
        })
}

/// The limits, each in two forms. The windows of a log stay: how much longer than one a hit is
/// remembered is up to each limiter.
fn policies(changed: bool) -> [Policy; 8] {
    let either = |first: u32, second: u32| n(if changed { second } else { first });
    let millis = |first, second| Duration::from_millis(if changed { second } else { first });
    let log = |n, per| SlidingLog::new(n, Duration::from_millis(per)).expect("a good policy");
    let at_most = |n, per| AtMost::new(n, per).expect("a good policy");
    let bucket = |burst, n, per| TokenBucket::new(burst, n, per).expect("a good policy");
    let new_york = Zone::parse("America/New_York").expect("a zone");
    let periods = [Period::Minute, Period::Second];
    [
        log(either(12, 6), 60_000).into(),
        log(either(4, 2), 1_500).into(),
        at_most(either(30, 21), millis(20_000, 7_777)).into(),
        at_most(either(300, 70_000), millis(1_501, 90_000)).into(),
        bucket(either(11, 40), either(7, 9), millis(3_000, 1_009)).into(),
        Calendar::new(either(9, 5), periods[usize::from(changed)]).into(),
        Calendar::new(either(90, 50), Period::Month).in_zone(new_york).into(),
        Concurrency::new(either(3, 2), millis(700, 30_000)).expect("a good policy").into(),
    ]
}

fn limits(asked: &Asked) -> Vec<Limit> {
    let names = ["log", "log", "window", "long-window", "bucket", "minute", "month", "permits"];
    let subjects = ["", "ada lovelace", "", "", "", "ada lovelace", "", ""];
    let all = policies(asked.changed).into_iter().zip(names).zip(subjects).enumerate();
    all.filter(|(at, _)| asked.limits >> at & 1 == 1)
        .filter(|(at, _)| {
            *at > 1 || !matches!(asked.operation, Operation::Refund | Operation::Force)
        })
        .map(|(at, ((policy, name), subject))| {
            let limit = Limit::new(LimitName::from_static(name), policy)
                .for_subject(subject)
                .on_change(asked.change);
            if at == 3 { limit.in_shadow() } else { limit }
        })
        .collect()
}

fn call(asked: &Asked, ids: &[ChargeId]) -> Call {
    let id = ids[asked.id];
    match asked.operation {
        Operation::Peek => Call::peek(asked.cost).with_id(id),
        Operation::UpTo => Call::up_to(asked.cost).with_id(id),
        Operation::Force => Call::forced(asked.cost).with_id(id),
        Operation::Refund => Call::refund(id),
        Operation::Release => Call::release(id),
        Operation::Renew => Call::renew(id),
        Operation::Reset => Call::reset(),
        _ => Call::charge(asked.cost).with_id(id),
    }
}

#[test]
fn script_and_steps_agree() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = runtime.block_on(async { store() });
    let traces = prop::collection::vec(asked(), 1..120);
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(60) })
        .run(&traces, |trace| {
            let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
            let tenants = [TenantId::generate(), TenantId::generate()];
            let ids: Vec<_> = (0..8).map(|_| ChargeId::generate()).collect();
            let memory = MemoryRateLimiter::new(clock.clone());
            let redis = RedisRateLimiter::with_clock(store.clone(), OnLoss::Closed, clock.clone());
            let mut now = OffsetDateTime::from_unix_timestamp(1_790_000_000).expect("a time");
            let mut latest = now;
            for asked in &trace {
                now = (now + time::Duration::microseconds(asked.step))
                    .max(latest - time::Duration::microseconds(999_999));
                latest = latest.max(now);
                clock.set(now);
                let (tenant, limits) = (tenants[asked.tenant], limits(asked));
                if limits.is_empty() {
                    continue;
                }
                let call = call(asked, &ids);
                let expected = runtime.block_on(memory.decide(tenant, &limits, call));
                let found = runtime.block_on(redis.decide(tenant, &limits, call));
                let (expected, found) = (expected.expect("one"), found.expect("one"));
                prop_assert_eq!(found, expected, "at {:?}", asked);
            }
            Ok(())
        })
        .expect("they agree");
}
