//! Quotas that nodes share.

use std::time::Duration;

use tenancy_core::usage::{MemoryQuotaMeter, Meter, QuotaMeter as _, Reserved};
use tenancy_core::{Allowance, ErrorKind};
use tenancy_redis::{RedisOptions, RedisQuotaMeter, RedisStore};
use tenancy_sqlx::SqlQuotaMeter;

use super::redis::store;
use crate::contract::meter::MeterBench;
use crate::contract::quota::{QuotaBench, quota_contract};
use crate::harness::{Database, Engine, PrivateRedis, two_tenants};

mod memory {
    use super::*;

    quota_contract!({
        let clock = MeterBench::clock();
        QuotaBench::new(MemoryQuotaMeter::new(clock.clone()), clock, None)
    });
}

mod redis {
    use super::*;

    quota_contract!({
        let clock = MeterBench::clock();
        QuotaBench::new(RedisQuotaMeter::with_clock(store(), clock.clone()), clock, None)
    });
}

macro_rules! on {
    ($($module:ident: $engine:ident,)*) => {$(
        mod $module {
            use super::*;

            quota_contract!({
                let database = Database::create(Engine::$engine).await;
                let clock = MeterBench::clock();
                let meter = SqlQuotaMeter::with_clock(database.notes().await, clock.clone());
                QuotaBench::new(meter, clock, Some(database))
            });
        }
    )*};
}

on! {
    sqlite: Sqlite,
    mysql: MySql,
    postgres: Postgres,
    pgbouncer: PgBouncer,
}

/// A reservation whose request went away: it is held until it runs out, and no longer.
#[tokio::test]
async fn a_cancelled_reservation_costs_no_more_than_its_time() {
    let database = Database::create(Engine::Postgres).await;
    let clock = MeterBench::clock();
    clock.advance(Duration::from_hours(1));
    let meter = SqlQuotaMeter::with_clock(database.notes().await, clock.clone());
    let (a, b) = two_tenants();
    let ten = Allowance::AtMost(10);
    for round in 0..40_u64 {
        for tenant in [a, b] {
            let patience = Duration::from_micros(50 * round);
            let calls = Meter::API_CALLS;
            let reserve = meter.reserve(tenant, &calls, 1, ten);
            let _cancelled = tokio::time::timeout(patience, reserve).await;
        }
    }
    clock.advance(Duration::from_mins(5));
    for tenant in [a, b] {
        let reserved = meter.reserve(tenant, &Meter::API_CALLS, 10, ten).await.unwrap();
        assert!(matches!(reserved, Reserved::Held(_)), "room came back");
        assert_eq!(meter.used(tenant, &Meter::API_CALLS).await.unwrap(), 0);
    }
}

/// Who cannot ask does not admit.
#[tokio::test]
async fn nobody_decides_without_redis() {
    let mut redis = PrivateRedis::running().await;
    let options = RedisOptions::new().deadline(Duration::from_millis(500));
    let clock = MeterBench::clock();
    let store = RedisStore::open(&redis.url(), options).unwrap();
    let meter = RedisQuotaMeter::with_clock(store, clock);
    let (a, b) = two_tenants();
    let ten = Allowance::AtMost(10);
    let reserved = meter.reserve(a, &Meter::API_CALLS, 1, ten).await.unwrap();
    let Reserved::Held(hold) = reserved else { panic!("there is room") };
    redis.kill().await;
    for tenant in [a, b] {
        let error = meter.reserve(tenant, &Meter::API_CALLS, 1, ten).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    assert_eq!(meter.commit(&hold, 1).await.unwrap_err().kind(), ErrorKind::Unavailable);
}
