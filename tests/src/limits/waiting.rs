//! Permits that are held, charges that wait their turn, and policies of the hour.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenancy_core::limit::{
    AtMost, Call, Concurrency, Limit, LimitName, MemoryRateLimiter, PatientRateLimiter, Permit,
    RateLimiter, Schedule, TokenBucket, Zone,
};
use tenancy_core::{Clock, ErrorKind, ManualClock, TenantId};
use time::OffsetDateTime;
use time::macros::time;
use tokio::time::{Instant, advance, sleep};

use crate::contract::limiter::{ONE, n, seconds};

/// A clock that goes with the paused one of tokio.
#[derive(Debug)]
struct PausedClock(Instant);

impl PausedClock {
    fn start() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

impl Clock for PausedClock {
    fn now_micros(&self) -> i64 {
        1_790_000_000_000_000 + i64::try_from(self.0.elapsed().as_micros()).expect("short")
    }
}

fn exports(count: u32, ttl: u64) -> Arc<[Limit]> {
    let policy = Concurrency::new(n(count), seconds(ttl)).expect("a good policy");
    Arc::new([Limit::new(LimitName::from_static("exports"), policy)])
}

async fn free(limiter: &Arc<dyn RateLimiter>, tenant: TenantId, limits: &[Limit]) -> u32 {
    limiter.peek(tenant, limits).await.expect("a decision").binding().remaining()
}

#[tokio::test(start_paused = true)]
async fn a_permit_lives_as_long_as_it_is_held() {
    let limiter: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(PausedClock::start()));
    let limits = exports(1, 30);
    let (a, b) = (TenantId::generate(), TenantId::generate());
    for tenant in [a, b] {
        let (decision, permit) = Permit::take(&limiter, tenant, &limits, ONE).await.expect("one");
        assert!(decision.is_allowed());
        let permit = permit.expect("it is allowed");
        // Ten times its ttl: it is renewed.
        sleep(seconds(300)).await;
        assert_eq!(free(&limiter, tenant, &limits).await, 0);
        assert!(!permit.is_lost());
        let (refused, none) = Permit::take(&limiter, tenant, &limits, ONE).await.expect("one");
        assert!(!refused.is_allowed() && none.is_none());
        drop(permit);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(free(&limiter, tenant, &limits).await, 1, "dropped is given back");
    }
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_ended_is_lost() {
    // The limiter's clock jumps past the end of the permit: the holder was suspended.
    let clock = Arc::new(ManualClock::at_unix(1_790_000_000));
    let limiter: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(clock.clone()));
    let limits = exports(1, 30);
    let (a, b) = (TenantId::generate(), TenantId::generate());
    let (_, held) = Permit::take(&limiter, a, &limits, ONE).await.expect("one");
    let (_, other) = Permit::take(&limiter, b, &limits, ONE).await.expect("one");
    clock.advance(seconds(31));
    let (decision, next) = Permit::take(&limiter, a, &limits, ONE).await.expect("one");
    assert!(decision.is_allowed());
    sleep(seconds(11)).await;
    assert!(held.as_ref().expect("one").is_lost());
    assert!(other.as_ref().expect("one").is_lost());
    assert!(!next.as_ref().expect("one").is_lost());
    drop(held);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(free(&limiter, a, &limits).await, 0, "the lost one gives nothing back");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_keeps_no_permit() {
    let limiter: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(PausedClock::start()));
    let limits = exports(2, 3_600);
    for tenant in [TenantId::generate(), TenantId::generate()] {
        for _ in 0..50 {
            let (limiter, limits) = (limiter.clone(), limits.clone());
            let task = tokio::spawn(async move {
                let taken = Permit::take(&limiter, tenant, &limits, ONE).await;
                std::future::pending::<()>().await;
                drop(taken);
            });
            sleep(Duration::from_millis(1)).await;
            task.abort();
            let _ = task.await;
        }
        sleep(Duration::from_millis(1)).await;
        assert_eq!(free(&limiter, tenant, &limits).await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_first_is_first() {
    let memory = MemoryRateLimiter::new(PausedClock::start());
    let limiter = Arc::new(PatientRateLimiter::new(memory, seconds(60)));
    let bucket = TokenBucket::per_second(n(3), n(1)).expect("a good policy");
    let limits = [Limit::new(LimitName::TENANT, bucket)];
    let tenants = [TenantId::generate(), TenantId::generate()];
    let order = Arc::new(Mutex::new([Vec::new(), Vec::new()]));
    let mut tasks = Vec::new();
    for place in 0..20 {
        for (which, tenant) in tenants.into_iter().enumerate() {
            let (limiter, limits, order) = (limiter.clone(), limits.clone(), order.clone());
            // A large one is not overtaken by the small ones behind it.
            let cost = if place == 5 { n(3) } else { ONE };
            tasks.push(tokio::spawn(async move {
                let decision = limiter.check(tenant, &limits, cost).await.expect("a decision");
                assert!(decision.is_allowed());
                order.lock().expect("no panic")[which].push(place);
            }));
        }
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    let order = order.lock().expect("no panic");
    assert!(order.iter().all(|order| order.is_sorted() && order.len() == 20), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn patience_has_an_end() {
    let memory = MemoryRateLimiter::new(PausedClock::start());
    let limiter = Arc::new(PatientRateLimiter::new(memory, seconds(10)));
    let bucket = TokenBucket::per_minute(n(1), n(6)).expect("a good policy");
    let limits = [Limit::new(LimitName::TENANT, bucket)];
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let start = Instant::now();
        assert!(limiter.check(tenant, &limits, ONE).await.expect("one").is_allowed());
        assert!(limiter.check(tenant, &limits, ONE).await.expect("one").is_allowed());
        assert_eq!(start.elapsed().as_secs(), 10);
        advance(seconds(9)).await;
        let behind = {
            let (limiter, limits) = (limiter.clone(), limits.clone());
            tokio::spawn(async move { limiter.check(tenant, &limits, ONE).await })
        };
        assert!(behind.await.expect("no panic").expect("one").is_allowed());
        // Never, and not in time: both are known at once.
        let start = Instant::now();
        let never = limiter.check(tenant, &limits, n(2)).await.expect("a decision");
        assert!(never.binding().is_impossible());
        let hour = TokenBucket::per_hour(n(1), n(1)).expect("a good policy");
        let hourly = [Limit::new(LimitName::PRINCIPAL, hour)];
        assert!(limiter.check(tenant, &hourly, ONE).await.expect("one").is_allowed());
        assert!(!limiter.check(tenant, &hourly, ONE).await.expect("one").is_allowed());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
    // The third in line cannot be in time, and hears so when its time is over.
    let tenant = TenantId::generate();
    let start = Instant::now();
    let line: Vec<_> = (0..4)
        .map(|_| {
            let (limiter, limits) = (limiter.clone(), limits.clone());
            tokio::spawn(async move { limiter.check(tenant, &limits, ONE).await })
        })
        .collect();
    let mut admitted = 0;
    for call in line {
        match call.await.expect("no panic") {
            Ok(decision) => admitted += u32::from(decision.is_allowed()),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Overloaded),
        }
    }
    assert_eq!((admitted, start.elapsed().as_secs()), (2, 10));
}

#[tokio::test]
async fn the_policy_of_the_hour() {
    let clock = Arc::new(ManualClock::at_unix(0));
    let limiter = MemoryRateLimiter::new(clock.clone());
    let hours = |zone| {
        Schedule::new(AtMost::per_hour(n(2)))
            .in_zone(Zone::parse(zone).expect("a zone"))
            .during(time!(22:00), time!(6:00), AtMost::per_hour(n(5)))
            .and_then(|schedule| {
                schedule.during(time!(12:00), time!(13:00), AtMost::per_hour(n(1)))
            })
            .expect("good hours")
    };
    let tenants = [
        (TenantId::generate(), hours("Europe/Amsterdam")),
        (TenantId::generate(), hours("Asia/Tokyo")),
    ];
    let at = |text: &str| {
        let format = &time::format_description::well_known::Rfc3339;
        OffsetDateTime::parse(text, format).expect("a time")
    };
    for (now, expected) in [
        ("2026-07-01T20:00:00Z", [5, 5]),
        ("2026-07-01T19:59:59Z", [2, 5]),
        ("2026-12-01T20:00:00Z", [2, 5]),
        ("2026-12-01T21:00:00Z", [5, 2]),
        ("2026-12-02T03:00:00Z", [5, 1]),
        ("2026-12-02T11:30:00Z", [1, 2]),
        ("2026-12-02T13:00:00Z", [2, 5]),
    ] {
        clock.set(at(now));
        for ((tenant, schedule), expected) in tenants.iter().zip(expected) {
            let limits = [Limit::new(LimitName::TENANT, schedule.now(&*clock)).for_subject(now)];
            let granted = limiter.decide(*tenant, &limits, Call::up_to(n(9))).await;
            assert_eq!(granted.expect("a decision").granted(), expected, "{now}");
        }
    }
    let never = Schedule::new(AtMost::per_hour(ONE)).during(
        time!(9:00),
        time!(9:00),
        AtMost::per_hour(ONE),
    );
    assert_eq!(never.expect_err("no hours").kind(), ErrorKind::Invalid);
    assert!(Zone::parse("europe/amsterdam").is_err() && Zone::parse("../etc/passwd").is_err());
}
