//! The script in Redis keeps the same books as the steps in memory, whatever happens.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tenancy_core::limit::lease::{
    Holder, LeaseAsk, LeaseBooks, LeaseRequest, LeaseTerms, MemoryLeaseBooks,
};
use tenancy_core::limit::{LimitKey, LimitName, TokenBucket};
use tenancy_core::{ManualClock, TenantId};
use tenancy_redis::RedisLeaseBooks;

use crate::contract::limiter::n;
use crate::limits::redis::store;

#[derive(Debug, Clone)]
struct Step {
    /// Moves the clock by microseconds, in both directions.
    passes: i64,
    tenant: usize,
    /// Which of the limits, by bit.
    limits: u8,
    /// Asks under a smaller or larger bucket.
    bucket: usize,
    request: LeaseRequest,
}

fn step() -> impl Strategy<Value = Step> {
    let passes = prop_oneof![
        4 => Just(0_i64),
        8 => 1..400_000_i64,
        3 => 400_000..3_000_000_i64,
        1 => 3_000_000..90_000_000_i64,
        1 => -1_000_000..0_i64,
    ];
    let count = || prop_oneof![3 => Just(0_u32), 6 => 1..80_u32, 1 => 80..2_000_u32];
    let counts = (count(), count(), count(), count(), count());
    let who = (0..5_u64, 1..40_u64);
    (passes, 0..2_usize, 1..8_u8, 0..12_usize, who, counts).prop_map(
        |(passes, tenant, limits, bucket, (holder, number), (keep, back, least, need, want))| {
            let holder = Holder::from_number(holder * 0x0123_4567_89AB_CDEF);
            let request = LeaseRequest { holder, number, keep, back, least, need, want };
            Step { passes, tenant, limits, bucket, request }
        },
    )
}

fn asks(step: &Step, place: usize) -> Vec<LeaseAsk> {
    let bucket = |burst, rate, seconds| {
        TokenBucket::new(n(burst), n(rate), Duration::from_secs(seconds)).expect("a good bucket")
    };
    // Now and then the limits have changed.
    let tenant = match step.bucket {
        0 => bucket(60, 7, 1),
        1 => bucket(5_000, 300, 7),
        _ => bucket(1_000, 70, 3),
    };
    // Numbers grow, mostly.
    let number = step.request.number + u64::try_from(place).expect("short") * 4;
    let request = LeaseRequest { number, ..step.request };
    let all = [
        (LimitKey::whole_tenant(LimitName::TENANT), tenant),
        (LimitKey::new(LimitName::PRINCIPAL, "ada lovelace"), bucket(20, 1, 1)),
        (LimitKey::new(LimitName::PRINCIPAL, "bob"), bucket(400, 86_399, 86_400)),
    ];
    let chosen = all.into_iter().enumerate().filter(|(at, _)| step.limits >> at & 1 == 1);
    chosen.map(|(_, (key, bucket))| LeaseAsk { key, bucket, request }).collect()
}

#[test]
fn script_and_steps_agree() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = runtime.block_on(async { store() });
    let terms = LeaseTerms::DEFAULT;
    let traces = prop::collection::vec(step(), 1..150);
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(80) })
        .run(&traces, |trace| {
            let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
            let tenants = [TenantId::generate(), TenantId::generate()];
            let memory = MemoryLeaseBooks::new(clock.clone());
            let redis = RedisLeaseBooks::with_clock(store.clone(), clock.clone());
            let mut now = 1_790_000_000_000_000;
            for (place, step) in trace.iter().enumerate() {
                now += step.passes;
                let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(now) * 1_000);
                clock.set(at.expect("a time"));
                let (tenant, asks) = (tenants[step.tenant], asks(step, place));
                let expected = runtime.block_on(memory.renew(tenant, terms, &asks));
                let found = runtime.block_on(redis.renew(tenant, terms, &asks));
                prop_assert_eq!(found.expect("grants"), expected.expect("grants"), "at {:?}", step);
            }
            Ok(())
        })
        .expect("they agree");
}
