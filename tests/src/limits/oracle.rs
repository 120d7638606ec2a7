//! The script in Redis gives the same numbers as the step in memory, whatever happens.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tenancy_core::limit::{Decision, Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog};
use tenancy_core::{Error, ManualClock, TenantId};
use tenancy_redis::{OnLoss, RedisRateLimiter};
use time::OffsetDateTime;

use super::redis::store;

#[derive(Debug, Clone)]
struct Call {
    /// Moves the clock by microseconds, in both directions; back to a second before its latest:
    /// so long everybody remembers.
    step: i64,
    tenant: usize,
    /// Which of the limits, by bit.
    limits: u8,
    /// Uses half of each limit. Windows stay: how much longer than one a hit is remembered is up
    /// to each limiter.
    changed: bool,
    peek: bool,
    cost: NonZeroU32,
}

fn call() -> impl Strategy<Value = Call> {
    let step = prop_oneof![
        4 => Just(0_i64),
        8 => 1..400_000_i64,
        2 => 1_000_000..90_000_000_i64,
        1 => -1_000_000..0_i64,
    ];
    let cost = prop_oneof![8 => 1..4_u32, 1 => 4..40_u32, 1 => Just(u32::MAX)];
    (step, 0..2_usize, 1..8_u8, prop::bool::weighted(0.1), prop::bool::weighted(0.1), cost)
        .prop_map(|(step, tenant, limits, changed, peek, cost)| {
            let cost = NonZeroU32::new(cost).expect("not zero");
            Call { step, tenant, limits, changed, peek, cost }
        })
}

fn limits(call: &Call) -> Vec<Limit> {
    let policy = |n: u32, millis| {
        let n = NonZeroU32::new(if call.changed { n / 2 } else { n }).expect("not zero");
        SlidingLog::new(n, Duration::from_millis(millis)).expect("a good policy")
    };
    let all = [
        Limit::new(LimitName::TENANT, policy(12, 60_000)),
        Limit::new(LimitName::PRINCIPAL, policy(4, 1_500)).for_subject("ada lovelace"),
        Limit::new(LimitName::PRINCIPAL, policy(30, 20_000)).for_subject("bob"),
    ];
    let chosen = all.into_iter().enumerate().filter(|(at, _)| call.limits >> at & 1 == 1);
    chosen.map(|(_, limit)| limit).collect()
}

async fn ask(limiter: &dyn RateLimiter, tenant: TenantId, call: &Call) -> Result<Decision, Error> {
    let limits = limits(call);
    if call.peek {
        limiter.peek(tenant, &limits).await
    } else {
        limiter.check(tenant, &limits, call.cost).await
    }
}

#[test]
fn script_and_step_agree() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = runtime.block_on(async { store() });
    let traces = prop::collection::vec(call(), 1..120);
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(60) })
        .run(&traces, |trace| {
            let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
            let tenants = [TenantId::generate(), TenantId::generate()];
            let memory = MemoryRateLimiter::new(clock.clone());
            let redis = RedisRateLimiter::with_clock(store.clone(), OnLoss::Closed, clock.clone());
            let mut now = OffsetDateTime::from_unix_timestamp(1_790_000_000).expect("a time");
            let mut latest = now;
            for call in &trace {
                now = (now + time::Duration::microseconds(call.step))
                    .max(latest - time::Duration::microseconds(999_999));
                latest = latest.max(now);
                clock.set(now);
                let tenant = tenants[call.tenant];
                let expected = runtime.block_on(ask(&memory, tenant, call)).expect("a decision");
                let found = runtime.block_on(ask(&redis, tenant, call)).expect("a decision");
                prop_assert_eq!(found, expected, "at {:?}", call);
            }
            Ok(())
        })
        .expect("they agree");
}
