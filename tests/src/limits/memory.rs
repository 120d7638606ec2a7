//! The limiter of one process.

use std::sync::Arc;
use std::time::Duration;

use tenancy_core::limit::{Limit, LimitName, MemoryRateLimiter, RateLimiter, SlidingLog};
use tenancy_core::{Actor, ActorKind, SystemClock, TenantId};

use crate::contract::limiter::{LimiterBench, ONE, limiter_contract, n};
use crate::contract::shapes::shapes_contract;

limiter_contract!({
    let clock = LimiterBench::clock();
    LimiterBench::new(MemoryRateLimiter::new(clock.clone()), clock)
});

shapes_contract!({
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

#[tokio::test]
async fn decides_without_waiting_and_counts_it_with_the_rest() {
    let limiter = MemoryRateLimiter::new(LimiterBench::clock());
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_hour(n(2)))];
    let tenants = [TenantId::generate(), TenantId::generate()];
    for tenant in tenants {
        let local = limiter.try_local(tenant, &limits, ONE).expect("memory waits for nobody");
        assert_eq!(local.expect("a decision").binding().remaining(), 1);
        assert!(limiter.check(tenant, &limits, ONE).await.expect("a decision").is_allowed());
        let local = limiter.try_local(tenant, &limits, ONE).expect("memory waits for nobody");
        assert!(!local.expect("a decision").is_allowed());
    }
    let none = limiter.try_local(tenants[0], &[], ONE).expect("an answer");
    assert!(none.is_err(), "no limits are a mistake, not an admission");
}

#[test]
fn an_actor_counts_by_its_kind_and_id() {
    let long = "a".repeat(200);
    for id in ["ada", "a name that is longer than thirty-two bytes", &long] {
        let by = |kind| {
            let limit = Limit::new(LimitName::PRINCIPAL, SlidingLog::per_second(ONE));
            limit.for_actor(&Actor::new(kind, id))
        };
        let spelled = Limit::new(LimitName::PRINCIPAL, SlidingLog::per_second(ONE))
            .for_subject(format!("user:{id}"));
        assert_eq!(by(ActorKind::User), spelled, "{id}");
        assert_ne!(by(ActorKind::User).key(), by(ActorKind::ApiKey).key(), "{id}");
    }
}
