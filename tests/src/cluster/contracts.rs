//! What holds over one Redis holds over a cluster: the same suites.

use std::time::Duration;

use tenancy_redis::{
    OnLoss, RedisCacheStore, RedisOptions, RedisQuotaMeter, RedisRateLimiter, RedisStore,
    RedisUsageMeter,
};

use crate::harness::variable;

/// A store with so much patience that only a real fault is one.
pub(super) fn store() -> RedisStore {
    let options = RedisOptions::new().deadline(Duration::from_secs(10));
    RedisStore::open(&variable("REDIS_CLUSTER_URL"), options).expect("a good URL")
}

mod limiter {
    use super::*;
    use crate::contract::limiter::{LimiterBench, limiter_contract};
    use crate::contract::shapes::shapes_contract;

    fn bench() -> LimiterBench {
        let clock = LimiterBench::clock();
        let limiter = RedisRateLimiter::with_clock(store(), OnLoss::Closed, clock.clone());
        LimiterBench::new(limiter, clock)
    }

    limiter_contract!(bench());
    shapes_contract!(bench());
}

mod usage {
    use super::*;
    use crate::contract::meter::{MeterBench, meter_contract};
    use crate::contract::sink::{SinkBench, sink_contract};

    meter_contract!({
        let clock = MeterBench::clock();
        MeterBench::new(RedisUsageMeter::with_clock(store(), clock.clone()), clock)
    });

    sink_contract!({
        let clock = MeterBench::clock();
        SinkBench::new(RedisUsageMeter::with_clock(store(), clock.clone()), clock, None)
    });
}

mod quota {
    use super::*;
    use crate::contract::meter::MeterBench;
    use crate::contract::quota::{QuotaBench, quota_contract};

    quota_contract!({
        let clock = MeterBench::clock();
        QuotaBench::new(RedisQuotaMeter::with_clock(store(), clock.clone()), clock, None)
    });
}

mod cache {
    use super::*;
    use crate::contract::cache::{CacheBench, MENUS, cache_contract};

    fn cache() -> RedisCacheStore {
        RedisCacheStore::new(store(), MENUS)
    }

    cache_contract!(CacheBench::new(cache(), cache()));
}
