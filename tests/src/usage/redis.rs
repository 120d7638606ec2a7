//! The meter that nodes share.

use std::time::Duration;

use tenancy_core::usage::{Meter, Month, UsageMeter};
use tenancy_core::{Clock, SystemClock, TenantId};
use tenancy_redis::{RedisOptions, RedisStore, RedisUsageMeter};

use crate::contract::meter::{MeterBench, meter_contract};
use crate::contract::sink::{SinkBench, sink_contract};
use crate::harness::variable;

pub(super) fn store() -> RedisStore {
    let options = RedisOptions::new().deadline(Duration::from_secs(10));
    RedisStore::open(&variable("REDIS_URL"), options).expect("a good URL")
}

meter_contract!({
    let clock = MeterBench::clock();
    MeterBench::new(RedisUsageMeter::with_clock(store(), clock.clone()), clock)
});

sink_contract!({
    let clock = MeterBench::clock();
    SinkBench::new(RedisUsageMeter::with_clock(store(), clock.clone()), clock, None)
});

#[tokio::test]
async fn a_month_lives_until_90_days_after_its_end() {
    let meter = RedisUsageMeter::new(store());
    let client = redis::Client::open(variable("REDIS_URL")).expect("a good URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("redis answers");
    for tenant in [TenantId::generate(), TenantId::generate()] {
        meter.record(tenant, &[(Meter::API_CALLS, 1)]).await.expect("it counts");
        let month = Month::current(&SystemClock);
        let mut command = redis::cmd("PTTL");
        command.arg(format!("tn:{{{tenant}}}:u:{month}"));
        let lives: i64 = command.query_async(&mut connection).await.expect("a time");
        let expected = (month.kept_until() - SystemClock.now()).whole_milliseconds();
        assert!((i128::from(lives) - expected).abs() < 60_000, "{lives} ms, not {expected}");
    }
}

/// Two nodes add to the same counts.
#[tokio::test]
async fn nodes_share_the_counts() {
    let nodes = [RedisUsageMeter::new(store()), RedisUsageMeter::new(store())];
    let month = Month::current(&SystemClock);
    for (tenant, count) in [(TenantId::generate(), 3), (TenantId::generate(), 4)] {
        for node in &nodes {
            node.record(tenant, &[(Meter::TRANSACTIONS, count)]).await.expect("it counts");
        }
        for node in &nodes {
            let usage = node.usage(tenant, month).await.expect("it reads");
            assert_eq!(usage.of(&Meter::TRANSACTIONS), 2 * count);
        }
    }
}
