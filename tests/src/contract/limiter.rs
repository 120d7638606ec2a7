//! What every rate limiter must do.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tenancy_core::limit::{Decision, Limit, LimitName, RateLimiter, SlidingLog, Source};
use tenancy_core::{Clock, ErrorKind, ManualClock, TenantId};
use time::OffsetDateTime;

/// A limiter under test, on a clock the test moves, and two tenants.
pub(crate) struct LimiterBench {
    pub(super) limiter: Arc<dyn RateLimiter>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) harbor: TenantId,
    pub(super) riverside: TenantId,
}

pub(crate) const ONE: NonZeroU32 = NonZeroU32::MIN;

pub(crate) fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("not zero")
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn tenant_limit(count: u32, per: Duration) -> Limit {
    Limit::new(LimitName::TENANT, SlidingLog::new(n(count), per).expect("a good policy"))
}

impl LimiterBench {
    pub(crate) fn new(limiter: impl RateLimiter, clock: Arc<ManualClock>) -> Self {
        let (harbor, riverside) = (TenantId::generate(), TenantId::generate());
        Self { limiter: Arc::new(limiter), clock, harbor, riverside }
    }

    /// The clock every bench starts with.
    pub(crate) fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at_unix(1_790_000_000))
    }

    async fn check(&self, tenant: TenantId, limits: &[Limit], cost: u32) -> Decision {
        let decision = self.limiter.check(tenant, limits, n(cost)).await.expect("a decision");
        assert_eq!(decision.source(), Source::Exact);
        decision
    }

    pub(super) async fn peek(&self, tenant: TenantId, limits: &[Limit]) -> Decision {
        self.limiter.peek(tenant, limits).await.expect("a decision")
    }

    pub(super) async fn allowed(&self, tenant: TenantId, limits: &[Limit], cost: u32) -> bool {
        self.check(tenant, limits, cost).await.is_allowed()
    }

    /// How many of `tries` calls are admitted.
    pub(super) async fn admitted(&self, tenant: TenantId, limits: &[Limit], tries: usize) -> usize {
        let mut admitted = 0;
        for _ in 0..tries {
            admitted += usize::from(self.allowed(tenant, limits, 1).await);
        }
        admitted
    }

    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

/// Runs the suite against what `$bench`, an expression in an async block, makes.
macro_rules! limiter_contract {
    ($bench:expr) => {
        crate::contract::limiter::limiter_contract!(@tests $bench;
            admits_n_and_says_where_it_stands,
            has_no_burst_where_windows_meet,
            charges_all_limits_or_none,
            keeps_tenants_names_and_subjects_apart,
            charges_costs_above_one,
            refuses_a_cost_above_the_limit_for_good,
            peeks_without_charging,
            admits_no_more_when_the_clock_goes_back,
            follows_a_changed_limit,
            counts_hits_of_one_microsecond,
            forgets_many_hits_at_once,
            counts_on_after_a_million,
            keeps_the_shortest_and_the_longest_window,
            refuses_limits_that_do_not_fit_together,
            admits_exactly_n_to_a_crowd,
            gives_the_same_fields_to_every_tenant,
        );
    };
    (@tests $bench:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::contract::limiter::$name(&async { $bench }.await).await;
            }
        )*
    };
}
pub(crate) use limiter_contract;

pub(crate) async fn admits_n_and_says_where_it_stands(bench: &LimiterBench) {
    let limits = [tenant_limit(3, seconds(60))];
    for (left, age) in [(2, 0), (1, 10), (0, 20)] {
        let decision = bench.check(bench.harbor, &limits, 1).await;
        assert!(decision.is_allowed());
        let status = decision.binding();
        assert_eq!((status.name().as_str(), status.policy()), ("tenant", limits[0].policy()));
        assert_eq!(status.remaining(), left);
        assert_eq!(status.more_after(), seconds(60 - age), "the first hit is {age} s old");
        assert_eq!(status.reset_after(), seconds(60));
        assert_eq!(decision.retry_after(), None);
        bench.advance(seconds(10));
    }

    let refused = bench.check(bench.harbor, &limits, 1).await;
    assert!(!refused.is_allowed());
    assert_eq!(refused.retry_after(), Some(seconds(30)));
    assert_eq!(refused.binding().remaining(), 0);
    assert_eq!(refused.binding().reset_after(), seconds(50));
    assert_eq!(bench.admitted(bench.riverside, &limits, 5).await, 3, "its own three");

    bench.advance(Duration::from_micros(29_999_999));
    assert!(!bench.allowed(bench.harbor, &limits, 1).await, "a microsecond early");
    bench.advance(Duration::from_micros(1));
    assert!(bench.allowed(bench.harbor, &limits, 1).await);
    assert!(!bench.allowed(bench.harbor, &limits, 1).await, "one came free, not three");
}

pub(crate) async fn has_no_burst_where_windows_meet(bench: &LimiterBench) {
    let limits = [tenant_limit(10, seconds(60))];
    bench.advance(seconds(59));
    assert_eq!(bench.admitted(bench.harbor, &limits, 20).await, 10);
    bench.advance(seconds(2));
    assert_eq!(bench.admitted(bench.harbor, &limits, 20).await, 0);
    assert_eq!(bench.admitted(bench.riverside, &limits, 20).await, 10);
    bench.advance(seconds(58));
    assert_eq!(bench.admitted(bench.harbor, &limits, 20).await, 10);
}

pub(crate) async fn charges_all_limits_or_none(bench: &LimiterBench) {
    let tenant = tenant_limit(5, seconds(60));
    let principal = Limit::new(LimitName::PRINCIPAL, SlidingLog::per_second(n(2)));
    let (ada, bob) = (principal.clone().for_subject("ada"), principal.for_subject("bob"));
    let of_ada = [tenant.clone(), ada.clone()];
    let of_bob = [bob.clone(), tenant.clone()];

    assert_eq!(bench.admitted(bench.harbor, &of_ada, 10).await, 2);
    let refused = bench.check(bench.harbor, &of_ada, 1).await;
    assert_eq!((refused.binding_index(), refused.binding().name().as_str()), (1, "principal"));
    assert_eq!(refused.retry_after(), Some(seconds(1)));
    let first = refused.limits().next().expect("two limits");
    assert!(first.is_admitting());
    assert_eq!((first.remaining(), first.retry_after()), (3, None), "eight refusals cost nothing");

    assert_eq!(bench.admitted(bench.harbor, &of_bob, 10).await, 2);
    bench.advance(seconds(1));
    assert_eq!(bench.admitted(bench.harbor, &of_bob, 10).await, 1, "the tenant's fifth");
    let refused = bench.check(bench.harbor, &of_bob, 1).await;
    assert_eq!((refused.binding_index(), refused.binding().name().as_str()), (1, "tenant"));
    assert_eq!(refused.retry_after(), Some(seconds(59)));
    // Bob's own second still has room for one more.
    assert_eq!(bench.peek(bench.harbor, &[bob]).await.binding().remaining(), 1);
    assert_eq!(bench.peek(bench.riverside, &[tenant]).await.binding().remaining(), 5);
}

pub(crate) async fn keeps_tenants_names_and_subjects_apart(bench: &LimiterBench) {
    let per_minute = SlidingLog::per_minute(ONE);
    let long = "x".repeat(10_240);
    let longer = "x".repeat(10_241);
    let subjects = [
        "", "a", "b", "A", "a b", "a:b", "{a}", "}", "=", "#", "a\0", "ä", "\r\n*1", &long, &longer,
    ];
    for tenant in [bench.harbor, bench.riverside] {
        for name in ["tenant", "principal", "route-a", "route_a"] {
            for subject in subjects {
                let name = LimitName::parse(name).expect("a good name");
                let limits = [Limit::new(name, per_minute).for_subject(subject)];
                assert_eq!(bench.admitted(tenant, &limits, 2).await, 1, "{limits:?}");
            }
        }
    }
    let bytes = [Limit::new(LimitName::TENANT, per_minute).for_subject([0xff, 0xfe])];
    assert_eq!(bench.admitted(bench.harbor, &bytes, 2).await, 1);
}

pub(crate) async fn charges_costs_above_one(bench: &LimiterBench) {
    let limits = [tenant_limit(10, seconds(60))];
    assert!(bench.allowed(bench.harbor, &limits, 4).await);
    bench.advance(seconds(10));
    assert!(bench.allowed(bench.harbor, &limits, 3).await);
    bench.advance(seconds(10));
    assert!(bench.allowed(bench.harbor, &limits, 2).await);

    for (cost, wait) in [(2, 40), (5, 40), (6, 50), (8, 50), (9, 60), (10, 60)] {
        let refused = bench.check(bench.harbor, &limits, cost).await;
        assert_eq!(refused.retry_after(), Some(seconds(wait)), "cost {cost}");
        assert_eq!(refused.binding().remaining(), 1);
    }
    assert!(bench.allowed(bench.harbor, &limits, 1).await);
    bench.advance(seconds(40));
    assert!(!bench.allowed(bench.harbor, &limits, 5).await);
    assert!(bench.allowed(bench.harbor, &limits, 4).await);
    assert!(bench.allowed(bench.riverside, &limits, 10).await);
}

pub(crate) async fn refuses_a_cost_above_the_limit_for_good(bench: &LimiterBench) {
    let limits = [
        tenant_limit(5, seconds(1)),
        Limit::new(LimitName::PRINCIPAL, SlidingLog::per_hour(n(50))),
    ];
    for tenant in [bench.harbor, bench.riverside] {
        for cost in [6, u32::MAX] {
            let refused = bench.check(tenant, &limits, cost).await;
            assert!(!refused.is_allowed());
            assert_eq!(refused.binding().name().as_str(), "tenant");
            assert!(refused.binding().is_impossible());
            assert_eq!(refused.retry_after(), None);
        }
        assert_eq!(bench.peek(tenant, &limits).await.binding().remaining(), 5);
        assert!(bench.allowed(tenant, &limits, 5).await);
    }
}

pub(crate) async fn peeks_without_charging(bench: &LimiterBench) {
    let limits = [tenant_limit(2, seconds(60))];
    let fresh = bench.peek(bench.harbor, &limits).await;
    assert!(fresh.is_allowed());
    let status = fresh.binding();
    assert_eq!(
        (status.remaining(), status.more_after(), status.reset_after()),
        (2, seconds(0), seconds(0))
    );

    assert!(bench.allowed(bench.harbor, &limits, 2).await);
    bench.advance(seconds(20));
    for _ in 0..3 {
        let full = bench.peek(bench.harbor, &limits).await;
        assert!(!full.is_allowed());
        assert_eq!(full.retry_after(), Some(seconds(40)));
    }
    assert_eq!(bench.peek(bench.riverside, &limits).await.binding().remaining(), 2);
    bench.advance(seconds(40));
    let again = bench.peek(bench.harbor, &limits).await;
    let status = again.binding();
    assert_eq!(
        (status.remaining(), status.more_after(), status.reset_after()),
        (2, seconds(0), seconds(0))
    );
}

pub(crate) async fn admits_no_more_when_the_clock_goes_back(bench: &LimiterBench) {
    let limits = [tenant_limit(5, seconds(60))];
    let start = bench.clock.now();
    assert_eq!(bench.admitted(bench.harbor, &limits, 3).await, 3);
    for back in [1, 59, 61, 3_600, 86_400 * 365] {
        bench.clock.set(start - seconds(back));
        assert!(bench.admitted(bench.harbor, &limits, 10).await <= 2);
        let refused = bench.check(bench.harbor, &limits, 1).await;
        assert_eq!(refused.retry_after(), Some(seconds(60)), "{back} s back");
    }
    assert_eq!(bench.admitted(bench.riverside, &limits, 10).await, 5);
    bench.clock.set(OffsetDateTime::UNIX_EPOCH);
    assert_eq!(bench.admitted(bench.riverside, &limits, 10).await, 0);
    bench.clock.set(start + seconds(60));
    assert_eq!(bench.admitted(bench.harbor, &limits, 10).await, 5);
}

pub(crate) async fn follows_a_changed_limit(bench: &LimiterBench) {
    let of = |count, per| [tenant_limit(count, seconds(per))];
    assert_eq!(bench.admitted(bench.harbor, &of(10, 60), 6).await, 6);

    let lowered = bench.check(bench.harbor, &of(4, 60), 1).await;
    assert!(!lowered.is_allowed());
    assert_eq!((lowered.binding().remaining(), lowered.retry_after()), (0, Some(seconds(60))));
    assert_eq!(bench.admitted(bench.harbor, &of(8, 60), 10).await, 2, "raised again");

    bench.advance(seconds(30));
    assert_eq!(bench.peek(bench.harbor, &of(10, 30)).await.binding().remaining(), 10, "shorter");
    assert_eq!(bench.peek(bench.harbor, &of(10, 90)).await.binding().remaining(), 2, "longer");
    // A charge under the shorter window forgets what it does not count.
    assert_eq!(bench.admitted(bench.harbor, &of(1, 30), 3).await, 1);
    assert_eq!(bench.peek(bench.harbor, &of(10, 3_600)).await.binding().remaining(), 9);
    assert_eq!(bench.peek(bench.riverside, &of(10, 60)).await.binding().remaining(), 10);
}

pub(crate) async fn counts_hits_of_one_microsecond(bench: &LimiterBench) {
    let limits = [tenant_limit(1_000, seconds(1))];
    assert_eq!(bench.admitted(bench.harbor, &limits, 300).await, 300);
    bench.advance(Duration::from_micros(1));
    assert!(bench.allowed(bench.harbor, &limits, 699).await);
    assert_eq!(bench.admitted(bench.harbor, &limits, 3).await, 1);
    assert_eq!(bench.admitted(bench.riverside, &limits, 3).await, 3);
    bench.advance(Duration::from_micros(999_999));
    assert_eq!(bench.peek(bench.harbor, &limits).await.binding().remaining(), 300);
}

pub(crate) async fn forgets_many_hits_at_once(bench: &LimiterBench) {
    let limits = [tenant_limit(200, seconds(200))];
    for second in 0..200 {
        assert!(bench.allowed(bench.harbor, &limits, 1).await, "hit {second}");
        bench.advance(seconds(1));
    }
    assert!(bench.allowed(bench.riverside, &limits, 1).await);
    for (forward, left) in
        [(0, 1), (1, 2), (2, 4), (7, 11), (60, 71), (100, 171), (28, 199), (1, 200)]
    {
        bench.advance(seconds(forward));
        let status = bench.peek(bench.harbor, &limits).await;
        assert_eq!(status.binding().remaining(), left, "{forward} s on");
        let refused = bench.check(bench.harbor, &limits, left + 1).await;
        assert!(!refused.is_allowed());
        assert_eq!(refused.retry_after(), (left < 200).then_some(seconds(1)));
    }
    assert!(bench.allowed(bench.harbor, &limits, 200).await);
    assert_eq!(bench.peek(bench.riverside, &limits).await.binding().remaining(), 199);
}

pub(crate) async fn counts_on_after_a_million(bench: &LimiterBench) {
    let limits = [Limit::new(LimitName::TENANT, SlidingLog::per_second(SlidingLog::MAX_N))];
    for round in 0..5 {
        assert!(bench.allowed(bench.harbor, &limits, 700_000).await, "round {round}");
        bench.advance(Duration::from_millis(500));
        assert!(!bench.allowed(bench.harbor, &limits, 300_001).await);
        assert!(bench.allowed(bench.harbor, &limits, 300_000).await);
        assert!(!bench.allowed(bench.harbor, &limits, 1).await);
        bench.advance(Duration::from_millis(500));
        assert_eq!(bench.peek(bench.harbor, &limits).await.binding().remaining(), 700_000);
        bench.advance(Duration::from_millis(500));
    }
    assert!(bench.allowed(bench.riverside, &limits, 1_000_000).await);
}

pub(crate) async fn keeps_the_shortest_and_the_longest_window(bench: &LimiterBench) {
    for per in [SlidingLog::MIN_PER, SlidingLog::MAX_PER] {
        let limits = [tenant_limit(2, per).for_subject(format!("{per:?}"))];
        for tenant in [bench.harbor, bench.riverside] {
            assert_eq!(bench.admitted(tenant, &limits, 3).await, 2);
        }
        let refused = bench.check(bench.harbor, &limits, 1).await;
        assert_eq!(refused.retry_after(), Some(per));
        bench.advance(per.saturating_sub(Duration::from_micros(1)));
        assert_eq!(bench.admitted(bench.harbor, &limits, 3).await, 0);
        bench.advance(Duration::from_micros(1));
        assert_eq!(bench.admitted(bench.harbor, &limits, 3).await, 2);
    }
}

pub(crate) async fn refuses_limits_that_do_not_fit_together(bench: &LimiterBench) {
    let limit = tenant_limit(1, seconds(1));
    let same = limit.clone().with_policy(SlidingLog::per_hour(ONE));
    let many: Vec<_> = (0..17).map(|at| limit.clone().for_subject([at])).collect();
    for limits in [&[][..], &[limit.clone(), same], &many] {
        for tenant in [bench.harbor, bench.riverside] {
            let error = bench.limiter.check(tenant, limits, ONE).await.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Invalid);
            let error = bench.limiter.peek(tenant, limits).await.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
    }
    assert!(bench.allowed(bench.harbor, &many[..16], 1).await, "sixteen are fine");
}

pub(crate) async fn admits_exactly_n_to_a_crowd(bench: &LimiterBench) {
    let limits = [
        tenant_limit(157, seconds(60)),
        Limit::new(LimitName::PRINCIPAL, SlidingLog::per_hour(n(150))),
    ];
    let limits: Arc<[Limit]> = limits.into();
    let crowd = |tenant| {
        let tasks: Vec<_> = (0..400)
            .map(|_| {
                let (limiter, limits) = (bench.limiter.clone(), limits.clone());
                tokio::spawn(async move { limiter.check(tenant, &limits, ONE).await })
            })
            .collect();
        async move {
            let mut admitted = 0;
            for task in tasks {
                let decision = task.await.expect("no panic").expect("a decision");
                assert_eq!(decision.source(), Source::Exact);
                admitted += usize::from(decision.is_allowed());
            }
            admitted
        }
    };
    let (harbor, riverside) = tokio::join!(crowd(bench.harbor), crowd(bench.riverside));
    assert_eq!((harbor, riverside), (150, 150));
    let left = bench.peek(bench.harbor, &limits).await;
    assert_eq!(left.limits().next().expect("two limits").remaining(), 7);
}

pub(crate) async fn gives_the_same_fields_to_every_tenant(bench: &LimiterBench) {
    let limits = [
        tenant_limit(2, seconds(60)),
        Limit::new(LimitName::PRINCIPAL, SlidingLog::per_second(n(1))).for_subject("ada"),
    ];
    let field = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
    for tenant in [bench.harbor, bench.riverside] {
        let allowed = bench.check(tenant, &limits, 1).await;
        bench.advance(Duration::from_millis(1));
        let refused = bench.check(tenant, &limits, 1).await;
        assert_eq!(
            allowed.header_fields().collect::<Vec<_>>(),
            [
                field("ratelimit-policy", r#""tenant";q=2;w=60, "principal";q=1;w=1"#),
                field("ratelimit", r#""tenant";r=1;t=60, "principal";r=0;t=1"#),
                field("x-ratelimit-limit", "1"),
                field("x-ratelimit-remaining", "0"),
                field("x-ratelimit-reset", "1"),
            ]
        );
        let last = refused.header_fields().skip(5).collect::<Vec<_>>();
        assert_eq!(last, [field("retry-after", "1")]);
    }
}
