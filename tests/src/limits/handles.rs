//! Handles charge what calls by key charge.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use tenancy_core::limit::{
    Call, Change, ChargeId, Concurrency, Decision, Limit, LimitHandle, LimitName, LimitStatus,
    MemoryRateLimiter, RateLimiter as _, SlidingLog, TokenBucket, Verdict,
};
use tenancy_core::{Clock as _, ErrorKind, ManualClock, TenantId};

use crate::contract::limiter::{LimiterBench, ONE, n};

struct World {
    clock: Arc<ManualClock>,
    limiter: Arc<MemoryRateLimiter>,
    tenants: [TenantId; 2],
}

impl World {
    fn new() -> Self {
        let clock = LimiterBench::clock();
        let limiter = Arc::new(MemoryRateLimiter::new(clock.clone()));
        Self { clock, limiter, tenants: [TenantId::generate(), TenantId::generate()] }
    }

    fn handles(&self, limits: &Arc<[Limit]>) -> [LimitHandle; 2] {
        self.tenants.map(|tenant| self.limiter.handle(tenant, limits).expect("a handle"))
    }

    fn decide(&self, tenant: TenantId, limits: &[Limit], cost: NonZeroU32) -> Decision {
        let decision = self.limiter.try_local(tenant, limits, cost).expect("memory waits for none");
        decision.expect("a decision")
    }

    async fn left(&self, tenant: TenantId, limits: &[Limit]) -> Vec<u32> {
        let decision = self.limiter.peek(tenant, limits).await.expect("a decision");
        decision.limits().map(LimitStatus::remaining).collect()
    }
}

fn bucket(burst: u32, per_minute: u32) -> TokenBucket {
    TokenBucket::per_minute(n(burst), n(per_minute)).expect("a good policy")
}

/// Three buckets of which the last one is the smallest.
fn three() -> Arc<[Limit]> {
    let user = LimitName::from_static("user");
    Arc::new([
        Limit::new(LimitName::TENANT, bucket(100, 60)),
        Limit::new(user, bucket(50, 30)).for_subject("ada"),
        Limit::new(LimitName::PRINCIPAL, bucket(10, 6)).for_subject("ada"),
    ])
}

#[tokio::test]
async fn a_handle_and_calls_by_key_share_their_counts() {
    let world = World::new();
    let limits = three();
    let [harbor, riverside] = world.handles(&limits);
    assert!(harbor.check(n(4)).is_admitted());
    assert_eq!(world.left(world.tenants[0], &limits).await, [96, 46, 6]);
    assert_eq!(world.left(world.tenants[1], &limits).await, [100, 50, 10]);
    assert!(world.decide(world.tenants[0], &limits, n(5)).is_allowed());

    let Verdict::Limited(decision) = harbor.check(n(2)) else { panic!("one is left") };
    assert_eq!(decision, world.decide(world.tenants[0], &limits, n(2)));
    assert_eq!(decision.retry_after(), Some(Duration::from_secs(10)));
    assert_eq!(world.left(world.tenants[0], &limits).await, [91, 41, 1], "nothing was charged");
    assert!(riverside.check(n(10)).is_admitted(), "the other tenant's are its own");

    world.clock.advance(Duration::from_secs(10));
    let again = world.limiter.handle(world.tenants[0], &limits).expect("another handle");
    assert!(again.check(n(2)).is_admitted());
    assert!(!harbor.clone().check(ONE).is_admitted());
}

#[tokio::test]
async fn refunds_resets_and_forced_charges_meet_the_handle() {
    let world = World::new();
    let limits = three();
    let [harbor, riverside] = world.handles(&limits);
    let id = ChargeId::generate();
    let ask = async |call| {
        let decision = world.limiter.decide(world.tenants[0], &limits, call).await;
        decision.expect("a decision")
    };
    ask(Call::charge(n(10)).with_id(id)).await;
    assert!(!harbor.check(ONE).is_admitted());
    assert_eq!(ask(Call::refund(id)).await.granted(), 10);
    assert!(harbor.check(n(10)).is_admitted());
    ask(Call::reset()).await;
    assert!(harbor.check(n(10)).is_admitted());
    ask(Call::forced(n(6))).await;
    world.clock.advance(Duration::from_secs(59));
    assert!(!harbor.check(ONE).is_admitted(), "the debt is not paid yet");
    assert!(riverside.check(n(10)).is_admitted());
}

#[tokio::test]
async fn a_handle_of_other_shapes_looks_them_up() {
    let world = World::new();
    let log = Limit::new(LimitName::from_static("log"), SlidingLog::per_minute(n(3)));
    let shadow = Limit::new(LimitName::TENANT, bucket(1, 1)).in_shadow();
    let limits: Arc<[Limit]> = Arc::new([log, shadow]);
    for (tenant, handle) in world.tenants.into_iter().zip(world.handles(&limits)) {
        for left in [[2, 0], [1, 0], [0, 0]] {
            assert!(handle.check(ONE).is_admitted(), "a shadow refuses nothing");
            assert_eq!(world.left(tenant, &limits).await, left);
        }
        assert!(!handle.check(ONE).is_admitted());
    }
}

#[test]
fn a_handle_of_nothing_or_of_permits_is_none() {
    let world = World::new();
    let permits = Concurrency::new(ONE, Duration::from_secs(9)).expect("a good policy");
    let permits = Limit::new(LimitName::TENANT, permits);
    for limits in [Arc::from([]), Arc::from([permits]), Arc::from([three(), three()].concat())] {
        for tenant in world.tenants {
            let refused = world.limiter.handle(tenant, &limits).expect_err("not such a handle");
            assert_eq!(refused.kind(), ErrorKind::Invalid);
        }
    }
    assert_eq!(world.limiter.tracked(), 0);
}

#[tokio::test]
async fn a_handle_goes_on_when_somebody_asks_under_another_policy() {
    let world = World::new();
    let limit = |policy| Limit::new(LimitName::TENANT, policy).on_change(Change::AsIs);
    let limits: Arc<[Limit]> = Arc::new([limit(bucket(10, 1))]);
    let larger = [limit(bucket(20, 1))];
    let handles = world.handles(&limits);
    for (tenant, handle) in world.tenants.into_iter().zip(&handles) {
        assert!(handle.check(n(7)).is_admitted());
        assert!(world.decide(tenant, &larger, n(5)).is_allowed());
        assert_eq!(world.left(tenant, &larger).await, [8], "what the handle used came along");
        assert!(!handle.check(ONE).is_admitted(), "twelve of its ten are used");
        assert!(world.decide(tenant, &larger, n(8)).is_allowed());
        let anew = world.limiter.handle(tenant, &Arc::from(larger.clone())).expect("a handle");
        assert!(!anew.check(ONE).is_admitted());
    }
}

#[test]
fn buckets_are_forgotten_when_no_handle_is_left() {
    let world = World::new();
    let limits = three();
    let [harbor, riverside] = world.handles(&limits);
    assert!(harbor.check(n(10)).is_admitted() && riverside.check(n(10)).is_admitted());
    drop(riverside);
    let sweep = |world: &World| {
        world.clock.advance(Duration::from_hours(1));
        let other = [Limit::new(LimitName::from_static("other"), bucket(1, 1))];
        for tenant in world.tenants {
            assert!(world.decide(tenant, &other, ONE).is_allowed());
        }
    };
    sweep(&world);
    assert_eq!(world.limiter.tracked(), 3 + 2, "three of the handle, and the other of each");
    assert!(harbor.check(n(10)).is_admitted() && !harbor.check(n(1)).is_admitted());
    drop(harbor);
    sweep(&world);
    assert_eq!(world.limiter.tracked(), 2);
}

#[test]
fn what_a_handle_used_outlives_it() {
    let world = World::new();
    let limits = three();
    let [harbor, riverside] = world.handles(&limits);
    assert!(harbor.check(n(10)).is_admitted());
    drop((harbor, riverside));
    world.clock.advance(Duration::from_secs(61));
    // A sweep on the way.
    let other = [Limit::new(LimitName::from_static("other"), bucket(1, 1))];
    for tenant in world.tenants {
        assert!(world.decide(tenant, &other, ONE).is_allowed());
    }
    let [harbor, riverside] = world.handles(&limits);
    assert!(harbor.check(n(6)).is_admitted() && !harbor.check(ONE).is_admitted());
    assert!(riverside.check(n(10)).is_admitted());
}

/// Threads with handles and threads by key ask for more than there is.
#[test]
fn threads_are_admitted_exactly_what_there_is() {
    const THREADS: u32 = 4;
    const TRIES: u32 = 20_000;
    let world = World::new();
    let tight = LimitName::from_static("tight");
    let limits: Arc<[Limit]> = Arc::new([
        Limit::new(LimitName::TENANT, bucket(1_000_000, 60)),
        Limit::new(tight, bucket(30_000, 60)),
    ]);
    let admitted = [AtomicU32::new(0), AtomicU32::new(0)];
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, limits, admitted) = (&world, &limits, &admitted);
            scope.spawn(move || {
                let handles = world.handles(limits);
                for at in 0..TRIES {
                    let which = usize::from((at + thread) % 3 == 0);
                    let is_admitted = if thread % 2 == 0 {
                        handles[which].check(ONE).is_admitted()
                    } else {
                        world.decide(world.tenants[which], limits, ONE).is_allowed()
                    };
                    admitted[which].fetch_add(u32::from(is_admitted), Ordering::Relaxed);
                }
            });
        }
    });
    let [harbor, riverside] = admitted.map(AtomicU32::into_inner);
    assert_eq!(harbor, 30_000, "more than that was asked for");
    assert!(riverside > 26_000 && riverside < 30_000, "all of it was there: {riverside}");
    for (tenant, admitted) in world.tenants.into_iter().zip([harbor, riverside]) {
        let decision = world.decide(tenant, &limits[..1], ONE);
        assert_eq!(decision.binding().remaining(), 1_000_000 - admitted - 1, "both, or none");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Two limiters are asked the same, one of them sometimes through handles.
    #[test]
    fn a_handle_decides_as_a_call_by_key(
        asked in prop::collection::vec(
            (-1_000_000..20_000_000_i64, 0..2_usize, 1..12_u32, any::<bool>(), 0..40_u8), 1..150,
        ),
    ) {
        let (plain, mixed) = (World::new(), World::new());
        let limits = three();
        let mut handles = mixed.handles(&limits);
        let mut latest = plain.clock.now();
        for (step, which, cost, by_handle, other) in asked {
            // Back to a second before its latest: so long the limiter by key remembers.
            let now = plain.clock.now() + time::Duration::microseconds(step);
            let now = now.max(latest - time::Duration::microseconds(999_999));
            latest = latest.max(now);
            plain.clock.set(now);
            mixed.clock.set(now);
            if other == 0 {
                handles = mixed.handles(&limits);
            }
            let expected = plain.decide(plain.tenants[which], &limits, n(cost));
            if by_handle {
                match handles[which].check(n(cost)) {
                    Verdict::Admitted => prop_assert!(expected.is_allowed()),
                    Verdict::Limited(decision) => prop_assert_eq!(decision, expected),
                }
            } else {
                let decision = mixed.decide(mixed.tenants[which], &limits, n(cost));
                prop_assert_eq!(decision, expected);
            }
        }
    }
}
