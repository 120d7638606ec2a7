//! The meter of one process.

use std::time::Duration;

use tenancy_core::TenantId;
use tenancy_core::usage::{MemoryUsageMeter, Meter, Month, UsageMeter};

use crate::contract::meter::{MeterBench, meter_contract};
use crate::contract::sink::{SinkBench, sink_contract};

meter_contract!({
    let clock = MeterBench::clock();
    MeterBench::new(MemoryUsageMeter::new(clock.clone()), clock)
});

sink_contract!({
    let clock = MeterBench::clock();
    SinkBench::new(MemoryUsageMeter::new(clock.clone()), clock, None)
});

#[tokio::test]
async fn forgets_a_month_90_days_after_its_end() {
    let clock = MeterBench::clock();
    let meter = MemoryUsageMeter::new(clock.clone());
    let november = Month::current(&*clock);
    let tenants = [TenantId::generate(), TenantId::generate()];
    for tenant in tenants {
        meter.record(tenant, &[(Meter::API_CALLS, 1)]).await.expect("it counts");
    }
    clock.advance(Duration::from_hours(90 * 24));
    for tenant in tenants {
        let usage = meter.usage(tenant, november).await.expect("it reads");
        assert_eq!(usage.of(&Meter::API_CALLS), 1);
    }
    clock.advance(Duration::from_secs(1));
    for tenant in tenants {
        let usage = meter.usage(tenant, november).await.expect("it reads");
        assert_eq!(usage.of(&Meter::API_CALLS), 0);
    }
}
