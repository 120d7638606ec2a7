//! What every rate limiter must do with every shape of limit and every call.

use std::time::Duration;

use tenancy_core::limit::{
    AtMost, Calendar, Call, Change, ChargeId, Concurrency, Decision, Limit, LimitName, LimitStatus,
    Period, Policy, SlidingLog, Source, TokenBucket, Zone,
};
use tenancy_core::{ErrorKind, TenantId};
use time::OffsetDateTime;

use super::limiter::{LimiterBench, ONE, n, seconds};

/// Runs the suite against what `$bench`, an expression in an async block, makes.
macro_rules! shapes_contract {
    ($bench:expr) => {
        crate::contract::shapes::shapes_contract!(@tests $bench;
            admits_what_each_shape_holds,
            grants_a_part,
            takes_what_was_used_anyway,
            gives_a_charge_back_once,
            starts_anew_when_all_was_given_back,
            gives_nothing_back_to_others,
            forgets_when_told_to,
            lets_pass_what_only_a_shadow_refuses,
            keeps_what_was_used_when_a_limit_changes,
            starts_empty_in_another_shape,
            lends_permits,
            heals_when_a_holder_died,
            charges_all_shapes_or_none,
            begins_a_month_by_the_clocks_of_the_tenant,
            refuses_calls_that_do_not_fit,
            admits_exactly_n_to_a_crowd_of_every_shape,
        );
    };
    (@tests $bench:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::contract::shapes::$name(&async { $bench }.await).await;
            }
        )*
    };
}
pub(crate) use shapes_contract;

/// Every shape that counts, with n a minute.
fn shapes(count: u32) -> Vec<Policy> {
    let count = n(count);
    vec![
        SlidingLog::per_minute(count).into(),
        AtMost::per_minute(count).into(),
        TokenBucket::per_minute(count, count).expect("a good policy").into(),
        Calendar::new(count, Period::Minute).into(),
    ]
}

fn limit(policy: impl Into<Policy>) -> Limit {
    Limit::new(LimitName::TENANT, policy)
}

async fn decide(bench: &LimiterBench, tenant: TenantId, limits: &[Limit], call: Call) -> Decision {
    let decision = bench.limiter.decide(tenant, limits, call).await.expect("a decision");
    assert_eq!(decision.source(), Source::Exact);
    decision
}

async fn left(bench: &LimiterBench, tenant: TenantId, limit: &Limit) -> u32 {
    bench.peek(tenant, std::slice::from_ref(limit)).await.binding().remaining()
}

pub(crate) async fn admits_what_each_shape_holds(bench: &LimiterBench) {
    for policy in shapes(5) {
        let limits = [limit(policy).for_subject(format!("{policy:?}"))];
        for tenant in [bench.harbor, bench.riverside] {
            assert_eq!(bench.admitted(tenant, &limits, 8).await, 5, "{policy:?}");
        }
        let refused = decide(bench, bench.harbor, &limits, Call::charge(ONE)).await;
        let wait = refused.retry_after().expect("later");
        assert_eq!((refused.granted(), refused.binding().remaining()), (0, 0));
        bench.advance(wait.saturating_sub(Duration::from_micros(1)));
        assert!(!bench.allowed(bench.harbor, &limits, 1).await, "{policy:?}: a microsecond early");
        bench.advance(Duration::from_micros(1));
        assert!(bench.allowed(bench.harbor, &limits, 1).await, "{policy:?}");
        // A bucket of an at-most is four seconds.
        bench.advance(seconds(64));
        assert_eq!(left(bench, bench.harbor, &limits[0]).await, 5, "{policy:?}");
    }
}

pub(crate) async fn grants_a_part(bench: &LimiterBench) {
    for policy in shapes(10) {
        let limits = [
            limit(policy).for_subject(format!("{policy:?}")),
            Limit::new(LimitName::PRINCIPAL, AtMost::per_hour(n(7)))
                .for_subject(format!("{policy:?}")),
        ];
        for (asked, granted) in [(4, 4), (u32::MAX, 3), (2, 0)] {
            let decision = decide(bench, bench.harbor, &limits, Call::up_to(n(asked))).await;
            assert_eq!(decision.granted(), granted, "{policy:?}: no more than both hold");
        }
    }
    let limits = [limit(AtMost::per_minute(n(10)))];
    let refused = decide(bench, bench.riverside, &limits, Call::up_to(n(20))).await;
    assert_eq!((refused.granted(), refused.is_allowed()), (10, true));
    let refused = decide(bench, bench.riverside, &limits, Call::up_to(n(20))).await;
    assert!(!refused.is_allowed());
    assert!(refused.retry_after().is_some(), "one fits later");
}

pub(crate) async fn takes_what_was_used_anyway(bench: &LimiterBench) {
    for policy in shapes(10).into_iter().skip(1) {
        let limits = [limit(policy).for_subject(format!("{policy:?}"))];
        let forced = decide(bench, bench.harbor, &limits, Call::forced(n(15))).await;
        assert_eq!((forced.is_allowed(), forced.granted()), (true, 15), "{policy:?}");
        assert_eq!(forced.binding().remaining(), 0);
        let refused = decide(bench, bench.harbor, &limits, Call::charge(ONE)).await;
        assert!(!refused.is_allowed());
        assert_eq!(left(bench, bench.riverside, &limits[0]).await, 10);
        if let Policy::TokenBucket(_) = policy {
            assert_eq!(refused.retry_after(), Some(seconds(36)), "six tokens at ten a minute");
        }
        bench.advance(seconds(100));
        assert_eq!(left(bench, bench.harbor, &limits[0]).await, 10, "{policy:?}: it is paid");
    }
}

pub(crate) async fn gives_a_charge_back_once(bench: &LimiterBench) {
    for policy in shapes(10).into_iter().skip(1) {
        let limits = [
            limit(policy).for_subject(format!("{policy:?}")),
            Limit::new(LimitName::PRINCIPAL, Calendar::new(n(90), Period::Day))
                .for_subject(format!("{policy:?}")),
        ];
        for tenant in [bench.harbor, bench.riverside] {
            let id = ChargeId::generate();
            let charged = decide(bench, tenant, &limits, Call::charge(n(8)).with_id(id)).await;
            assert_eq!(charged.granted(), 8);
            assert!(!bench.allowed(tenant, &limits, 3).await);
            let refund = decide(bench, tenant, &limits, Call::refund(id)).await;
            let remaining: Vec<_> = refund.limits().map(LimitStatus::remaining).collect();
            assert_eq!((refund.granted(), remaining), (8, vec![10, 90]), "{policy:?}");
            let again = decide(bench, tenant, &limits, Call::refund(id)).await;
            assert_eq!(again.granted(), 0);
            assert!(bench.allowed(tenant, &limits, 10).await);
            let unknown = decide(bench, tenant, &limits, Call::refund(ChargeId::generate())).await;
            assert_eq!((unknown.granted(), unknown.binding().remaining()), (0, 0));
        }
    }
    // What a bucket gained meanwhile could have been lost: it is not given back.
    let bucket = [limit(TokenBucket::per_second(n(10), n(1)).expect("a good policy"))];
    let id = ChargeId::generate();
    decide(bench, bench.harbor, &bucket, Call::charge(n(10)).with_id(id)).await;
    bench.advance(seconds(4));
    let refund = decide(bench, bench.harbor, &bucket, Call::refund(id)).await;
    assert_eq!(refund.binding().remaining(), 10);
    let id = ChargeId::generate();
    decide(bench, bench.harbor, &bucket, Call::charge(n(10)).with_id(id)).await;
    bench.advance(seconds(4));
    decide(bench, bench.harbor, &bucket, Call::charge(n(4))).await;
    let refund = decide(bench, bench.harbor, &bucket, Call::refund(id)).await;
    assert_eq!(refund.binding().remaining(), 6, "not ten");
}

/// A clock that goes backwards is held by what was charged, and by nothing else.
pub(crate) async fn starts_anew_when_all_was_given_back(bench: &LimiterBench) {
    let limits = [limit(AtMost::new(n(300), Duration::from_millis(1_501)).expect("a good policy"))];
    decide(bench, bench.riverside, &limits, Call::charge(ONE)).await;
    let id = ChargeId::generate();
    decide(bench, bench.harbor, &limits, Call::charge(ONE).with_id(id)).await;
    decide(bench, bench.harbor, &limits, Call::refund(id)).await;
    // Into the bucket before.
    let back = time::Duration::microseconds(93_060);
    bench.clock.set(OffsetDateTime::from_unix_timestamp(1_790_000_000).expect("a time") - back);
    let anew = decide(bench, bench.harbor, &limits, Call::charge(ONE)).await;
    let held = decide(bench, bench.riverside, &limits, Call::charge(ONE)).await;
    assert_eq!((anew.binding().remaining(), held.binding().remaining()), (299, 298));
    let whole = Duration::from_micros(100_067 - 1 + 1_501_000);
    assert_eq!(held.binding().reset_after(), whole, "held at the begin of its bucket");
    assert!(anew.binding().reset_after() < whole, "held by nothing");
}

pub(crate) async fn gives_nothing_back_to_others(bench: &LimiterBench) {
    let ten = AtMost::per_hour(n(10));
    let of_ada = [Limit::new(LimitName::PRINCIPAL, ten).for_subject("ada")];
    let of_bob = [Limit::new(LimitName::PRINCIPAL, ten).for_subject("bob")];
    let smaller = [of_ada[0].clone().with_policy(AtMost::per_hour(n(9)))];
    let id = ChargeId::generate();
    for (tenant, limits) in
        [(bench.harbor, &of_ada), (bench.harbor, &of_bob), (bench.riverside, &of_ada)]
    {
        decide(bench, tenant, limits, Call::charge(n(6))).await;
    }
    decide(bench, bench.harbor, &of_ada, Call::charge(n(2)).with_id(id)).await;
    for (tenant, limits) in
        [(bench.harbor, &of_bob), (bench.riverside, &of_ada), (bench.harbor, &smaller)]
    {
        assert_eq!(decide(bench, tenant, limits, Call::refund(id)).await.granted(), 0);
    }
    assert_eq!(left(bench, bench.riverside, &of_ada[0]).await, 4);
    assert_eq!(left(bench, bench.harbor, &of_bob[0]).await, 4);
    assert_eq!(decide(bench, bench.harbor, &of_ada, Call::refund(id)).await.granted(), 2);
    assert_eq!(left(bench, bench.harbor, &of_ada[0]).await, 4);
    // So late that nothing of it counts.
    let id = ChargeId::generate();
    decide(bench, bench.harbor, &of_ada, Call::charge(n(2)).with_id(id)).await;
    bench.advance(Duration::from_hours(2));
    assert_eq!(decide(bench, bench.harbor, &of_ada, Call::refund(id)).await.granted(), 0);
}

pub(crate) async fn forgets_when_told_to(bench: &LimiterBench) {
    let mut limits: Vec<_> = shapes(3)
        .into_iter()
        .map(|policy| limit(policy).for_subject(format!("{policy:?}")))
        .collect();
    let held = Concurrency::new(n(3), seconds(60)).expect("a good policy");
    limits.push(Limit::new(LimitName::PRINCIPAL, held));
    for tenant in [bench.harbor, bench.riverside] {
        for _ in 0..3 {
            let call = Call::charge(ONE).with_id(ChargeId::generate());
            assert!(decide(bench, tenant, &limits, call).await.is_allowed());
        }
    }
    let reset = decide(bench, bench.harbor, &limits, Call::reset()).await;
    assert!(reset.limits().all(|status| status.remaining() == 3), "{reset:?}");
    let other = bench.peek(bench.riverside, &limits).await;
    assert!(other.limits().all(|status| status.remaining() == 0), "{other:?}");
}

pub(crate) async fn lets_pass_what_only_a_shadow_refuses(bench: &LimiterBench) {
    for policy in shapes(2) {
        let subject = format!("{policy:?}");
        let limits = [
            limit(policy).for_subject(&subject).in_shadow(),
            Limit::new(LimitName::PRINCIPAL, AtMost::per_minute(n(4))).for_subject(&subject),
        ];
        for tenant in [bench.harbor, bench.riverside] {
            for call in 0..6 {
                let decision = decide(bench, tenant, &limits, Call::charge(ONE)).await;
                assert_eq!(decision.is_allowed(), call < 4, "{policy:?}");
                assert_eq!(decision.binding().name(), &LimitName::PRINCIPAL);
                let shadow = decision.limits().next().expect("two limits");
                assert_eq!((shadow.is_shadow(), shadow.is_admitting()), (true, call < 2));
                let told = format!("{:?}", decision.header_fields().collect::<Vec<_>>());
                assert!(told.contains("principal") && !told.contains("tenant"), "{told}");
            }
        }
        let alone = &limits[..1];
        let decision = decide(bench, bench.harbor, alone, Call::charge(n(9))).await;
        assert_eq!((decision.is_allowed(), decision.retry_after()), (true, None));
        assert_eq!(decision.header_fields().count(), 0);
    }
}

pub(crate) async fn keeps_what_was_used_when_a_limit_changes(bench: &LimiterBench) {
    for (small, large) in shapes(40).into_iter().zip(shapes(100)).skip(1) {
        for (change, raised, lowered) in
            [(Change::AsIs, 70, 0), (Change::Proportional, 25, 0), (Change::Reset, 100, 40)]
        {
            let subject = format!("{small:?} {change:?}");
            let of = |policy| [limit(policy).for_subject(&subject).on_change(change)];
            for tenant in [bench.harbor, bench.riverside] {
                assert!(bench.allowed(tenant, &of(small), 30).await);
                assert_eq!(left(bench, tenant, &of(large)[0]).await, raised, "{subject}");
                // A look changes nothing.
                assert_eq!(left(bench, tenant, &of(small)[0]).await, 10, "{subject}");
                assert!(bench.allowed(tenant, &of(large), 25).await);
                assert_eq!(left(bench, tenant, &of(small)[0]).await, lowered, "{subject}");
            }
            bench.advance(seconds(300));
        }
    }
    // A longer window keeps what the shorter one still counted.
    let of = |per| [limit(AtMost::new(n(10), seconds(per)).expect("a good policy"))];
    assert!(bench.allowed(bench.harbor, &of(60), 6).await);
    bench.advance(seconds(30));
    assert!(bench.allowed(bench.harbor, &of(3_600), 1).await);
    bench.advance(seconds(60));
    assert_eq!(left(bench, bench.harbor, &of(3_600)[0]).await, 3);
    assert_eq!(left(bench, bench.riverside, &of(3_600)[0]).await, 10);
}

pub(crate) async fn starts_empty_in_another_shape(bench: &LimiterBench) {
    for tenant in [bench.harbor, bench.riverside] {
        for policy in shapes(5) {
            let limits = [limit(policy)];
            assert_eq!(bench.admitted(tenant, &limits, 7).await, 5, "{policy:?}");
        }
    }
}

pub(crate) async fn lends_permits(bench: &LimiterBench) {
    let three = Concurrency::new(n(3), seconds(30)).expect("a good policy");
    let limits = [Limit::new(LimitName::from_static("exports"), three)];
    for tenant in [bench.harbor, bench.riverside] {
        let ids: Vec<_> = (0..4).map(|_| ChargeId::generate()).collect();
        for (held, id) in ids.iter().enumerate() {
            // A call takes one permit, whatever it costs.
            let call = Call::charge(n(50)).with_id(*id);
            let decision = decide(bench, tenant, &limits, call).await;
            assert_eq!(decision.is_allowed(), held < 3);
        }
        assert!(
            decide(bench, tenant, &limits, Call::charge(ONE).with_id(ids[0])).await.is_allowed()
        );
        assert_eq!(left(bench, tenant, &limits[0]).await, 0, "the same id takes no other permit");

        assert_eq!(decide(bench, tenant, &limits, Call::release(ids[1])).await.granted(), 1);
        assert_eq!(decide(bench, tenant, &limits, Call::release(ids[1])).await.granted(), 0);
        assert_eq!(left(bench, tenant, &limits[0]).await, 1);
        assert!(
            decide(bench, tenant, &limits, Call::charge(ONE).with_id(ids[3])).await.is_allowed()
        );
        let told = bench.peek(tenant, &limits).await;
        let fields: Vec<_> = told.header_fields().map(|(_, value)| value).collect();
        assert_eq!(fields[0], "\"exports\";q=3;qu=\"concurrent-requests\"");
    }
}

pub(crate) async fn heals_when_a_holder_died(bench: &LimiterBench) {
    let two = Concurrency::new(n(2), seconds(30)).expect("a good policy");
    let limits = [Limit::new(LimitName::from_static("exports"), two)];
    let [lives, died, next] = [(); 3].map(|()| ChargeId::generate());
    for id in [lives, died] {
        let call = Call::charge(ONE).with_id(id);
        assert!(decide(bench, bench.harbor, &limits, call).await.is_allowed());
    }
    bench.advance(seconds(20));
    assert_eq!(decide(bench, bench.harbor, &limits, Call::renew(lives)).await.granted(), 1);
    let refused = decide(bench, bench.harbor, &limits, Call::charge(ONE).with_id(next)).await;
    assert_eq!(refused.retry_after(), Some(seconds(10)));
    assert_eq!(refused.binding().reset_after(), seconds(30));
    assert_eq!(left(bench, bench.riverside, &limits[0]).await, 2);

    bench.advance(seconds(10));
    assert_eq!(decide(bench, bench.harbor, &limits, Call::renew(died)).await.granted(), 0, "late");
    let call = Call::charge(ONE).with_id(next);
    assert!(decide(bench, bench.harbor, &limits, call).await.is_allowed());
    assert_eq!(left(bench, bench.harbor, &limits[0]).await, 0);
    bench.advance(seconds(20));
    assert_eq!(left(bench, bench.harbor, &limits[0]).await, 1, "the first one ended too");
}

pub(crate) async fn charges_all_shapes_or_none(bench: &LimiterBench) {
    let names = ["log", "window", "bucket", "minute"];
    let mut limits: Vec<_> = shapes(10)
        .into_iter()
        .zip(names)
        .map(|(policy, name)| Limit::new(LimitName::from_static(name), policy))
        .collect();
    let permits = Concurrency::new(n(2), seconds(3_600)).expect("a good policy");
    limits.push(Limit::new(LimitName::from_static("permits"), permits));
    let call = |cost| Call::charge(n(cost)).with_id(ChargeId::generate());
    for tenant in [bench.harbor, bench.riverside] {
        assert!(decide(bench, tenant, &limits, call(4)).await.is_allowed());
        assert!(!decide(bench, tenant, &limits, call(7)).await.is_allowed());
        assert!(decide(bench, tenant, &limits, call(2)).await.is_allowed());
        let refused = decide(bench, tenant, &limits, call(1)).await;
        assert_eq!(refused.binding().name().as_str(), "permits");
        let left: Vec<_> = refused.limits().map(LimitStatus::remaining).collect();
        assert_eq!(left, [4, 4, 4, 4, 0], "what one refuses no other charges");
    }
}

pub(crate) async fn begins_a_month_by_the_clocks_of_the_tenant(bench: &LimiterBench) {
    let zone = |name| Zone::parse(name).expect("a zone");
    let monthly = |zone| Calendar::new(n(2), Period::Month).in_zone(zone);
    let set = |text: &str| {
        let format = &time::format_description::well_known::Rfc3339;
        bench.clock.set(OffsetDateTime::parse(text, format).expect("a time"));
    };
    let here = [limit(monthly(zone("America/New_York"))).for_subject("here")];
    let there = [limit(monthly(zone("Asia/Kolkata"))).for_subject("there")];
    set("2026-10-31T18:29:59Z");
    for tenant in [bench.harbor, bench.riverside] {
        assert_eq!(bench.admitted(tenant, &here, 3).await, 2);
        assert_eq!(bench.admitted(tenant, &there, 3).await, 2);
    }
    // Half past midnight of the first in Kolkata.
    set("2026-10-31T18:30:00Z");
    assert_eq!(bench.admitted(bench.harbor, &there, 3).await, 2);
    assert_eq!(bench.admitted(bench.harbor, &here, 3).await, 0);
    // New York is at summer time until later that night.
    set("2026-11-01T03:59:59Z");
    let refused = decide(bench, bench.harbor, &here, Call::charge(ONE)).await;
    assert_eq!(refused.retry_after(), Some(seconds(1)));
    set("2026-11-01T04:00:00Z");
    assert_eq!(bench.admitted(bench.harbor, &here, 3).await, 2);
    let refused = decide(bench, bench.harbor, &here, Call::charge(ONE)).await;
    // To the first of December at five, at winter time.
    assert_eq!(refused.retry_after(), Some(Duration::from_hours(30 * 24 + 1)));
    assert_eq!(left(bench, bench.riverside, &here[0]).await, 2);
}

pub(crate) async fn refuses_calls_that_do_not_fit(bench: &LimiterBench) {
    let log = limit(SlidingLog::per_minute(n(5)));
    let permits = limit(Concurrency::new(n(5), seconds(5)).expect("a good policy"));
    let id = ChargeId::generate();
    for tenant in [bench.harbor, bench.riverside] {
        for (limit, call) in [
            (&log, Call::refund(id)),
            (&log, Call::forced(ONE)),
            (&permits, Call::charge(ONE)),
            (&permits, Call::up_to(ONE)),
        ] {
            let limits = std::slice::from_ref(limit);
            let error = bench.limiter.decide(tenant, limits, call).await.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{call:?}");
        }
        assert_eq!(left(bench, tenant, &log).await, 5);
        assert_eq!(left(bench, tenant, &permits).await, 5);
    }
}

pub(crate) async fn admits_exactly_n_to_a_crowd_of_every_shape(bench: &LimiterBench) {
    for policy in shapes(123) {
        let limits = [
            limit(policy).for_subject(format!("{policy:?}")),
            Limit::new(LimitName::PRINCIPAL, AtMost::per_hour(n(700)))
                .for_subject(format!("{policy:?}")),
        ];
        let crowd: Vec<_> = (0..400)
            .map(|call| {
                let (limiter, limits) = (bench.limiter.clone(), limits.clone());
                let tenant = [bench.harbor, bench.riverside][call % 2];
                tokio::spawn(async move {
                    limiter.decide(tenant, &limits, Call::charge(ONE)).await.expect("a decision")
                })
            })
            .collect();
        let mut admitted = 0;
        for call in crowd {
            let decision = call.await.expect("no panic");
            assert_eq!(decision.source(), Source::Exact);
            admitted += u32::from(decision.is_allowed());
        }
        assert_eq!(admitted, 2 * 123, "{policy:?}");
        let left = bench.peek(bench.harbor, &limits[1..]).await;
        assert_eq!(left.binding().remaining(), 700 - 123);
    }
}
