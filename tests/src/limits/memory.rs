//! The limiter of one process.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog};
use tenancy_core::{SystemClock, TenantId};

use crate::contract::limiter::{LimiterBench, ONE, limiter_contract, n};

limiter_contract!({
    let clock = LimiterBench::clock();
    LimiterBench::new(MemoryRateLimiter::new(clock.clone()), clock)
});

#[tokio::test]
async fn forgets_subjects_whose_window_has_passed() {
    let clock = LimiterBench::clock();
    let limiter = MemoryRateLimiter::new(clock.clone());
    let tenants = [TenantId::generate(), TenantId::generate()];
    let limit = Limit::new(LimitName::PRINCIPAL, SlidingLog::per_second(ONE));
    for subject in 0..20_000_u32 {
        let limits = [limit.clone().for_subject(subject.to_le_bytes())];
        for tenant in tenants {
            let decision = limiter.check(tenant, &limits, ONE).await.expect("a decision");
            assert!(decision.is_allowed());
        }
        clock.advance(Duration::from_millis(10));
    }
    // Two hundred of each tenant are within their second or the one after; the rest waits for a sweep.
    assert!(limiter.tracked() < 1_000, "{} of 40,000", limiter.tracked());

    clock.advance(Duration::from_mins(2));
    for tenant in tenants {
        limiter.check(tenant, std::slice::from_ref(&limit), ONE).await.expect("a decision");
    }
    assert_eq!(limiter.tracked(), 2, "a minute without pressure forgets them too");
}

#[tokio::test]
async fn keeps_nothing_of_who_only_asks() {
    let limiter = MemoryRateLimiter::new(Arc::new(SystemClock));
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(5)))];
    for _ in 0..100 {
        let tenant = TenantId::generate();
        limiter.peek(tenant, &limits).await.expect("a decision");
        let refused = limiter.check(tenant, &limits, n(6)).await.expect("a decision");
        assert!(!refused.is_allowed());
    }
    assert_eq!(limiter.tracked(), 0);
}
