//! Months, meters and percentages.

use tenancy_core::usage::{Meter, Month, Usage, UsageSummary, Used};
use tenancy_core::{Allowance, ErrorKind};
use time::OffsetDateTime;
use time::macros::datetime;

#[test]
fn a_month_is_that_of_utc() {
    let midnight_in_tokyo = datetime!(2026-12-01 00:00 +9);
    assert_eq!(Month::of(midnight_in_tokyo).to_string(), "2026-11");
    let late_in_new_york = datetime!(2026-11-30 23:59:59.999999 -5);
    assert_eq!(Month::of(late_in_new_york).to_string(), "2026-12");
    assert_eq!(Month::of(OffsetDateTime::UNIX_EPOCH), Month::FIRST);
    assert_eq!(Month::of(datetime!(1969-12-31 23:59 UTC)), Month::FIRST);
    assert_eq!(Month::of(datetime!(9999-12-31 23:59 UTC)), Month::LAST);
    assert_eq!(Month::of(datetime!(9999-12-31 23:59 -12)), Month::LAST);
}

#[test]
fn months_follow_one_another() {
    let mut month = Month::FIRST;
    while month != Month::LAST {
        let next = month.next();
        assert!(month < next);
        assert_eq!(month.end(), next.start());
        assert_eq!(next.previous(), month);
        assert_eq!(month.to_string().parse::<Month>().expect("it reads its own text"), month);
        month = next;
    }
    assert_eq!(Month::LAST.next(), Month::LAST);
    assert_eq!(Month::FIRST.previous(), Month::FIRST);
    assert_eq!(Month::new(2028, 2).expect("a month").end(), datetime!(2028-03-01 00:00 UTC));
    assert_eq!(
        Month::new(2026, 11).expect("a month").kept_until(),
        datetime!(2027-03-01 00:00 UTC)
    );
}

#[test]
fn what_is_no_month_and_no_meter() {
    for text in [
        "",
        "2026",
        "2026-1",
        "2026-00",
        "2026-13",
        "1969-12",
        "9999-01",
        "26-11",
        "+026-11",
        "2026-+1",
        "2026-11-01",
        "２026-11",
    ] {
        let error = text.parse::<Month>().expect_err(text);
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("month")));
    }
    let long = "x".repeat(41);
    for name in ["", "API", "a b", "a-b", "ä", "a\n", &long] {
        let error = Meter::parse(name).expect_err(name);
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("meter")));
    }
    assert!(Meter::parse(&long[..40]).is_ok());
}

#[test]
fn percentages_have_two_decimals_and_round_down() {
    let percent =
        |used, limit| Used::new(used, Some(limit)).percent().expect("limited").to_string();
    assert_eq!(percent(0, 1_000), "0.00");
    assert_eq!(percent(948, 1_000), "94.80");
    assert_eq!(percent(1, 3), "33.33");
    assert_eq!(percent(2, 3), "66.66");
    assert_eq!(percent(99_999, 100_000), "99.99", "not used up");
    assert_eq!(percent(1_000, 1_000), "100.00");
    assert_eq!(percent(1_205, 1_000), "120.50");
    assert_eq!(percent(0, 0), "100.00");
    assert_eq!(percent(5, 0), "100.00");
    assert_eq!(percent(u64::MAX, u64::MAX), "100.00");
    assert_eq!(percent(u64::MAX, 1), "184467440737095516.15");
    let unlimited = Used::new(5, None);
    assert_eq!((unlimited.percent(), unlimited.remaining()), (None, None));
    assert!(unlimited.is_unlimited());
    assert_eq!(Used::new(7, Some(5)).remaining(), Some(0));
}

#[test]
fn a_summary_is_of_the_tenant_and_what_is_unlimited_is_null() {
    let meters = || {
        [
            (Meter::TRANSACTIONS, Allowance::AtMost(3)),
            (Meter::API_CALLS, Allowance::Unlimited),
            (Meter::BANDWIDTH_BYTES, Allowance::AtMost(0)),
        ]
    };
    let written = |counts: &[(Meter, u64)]| {
        let mut usage = Usage::new("2026-11".parse().unwrap());
        for (meter, count) in counts {
            usage.add(meter, *count);
        }
        let summary = UsageSummary::new(&usage, meters());
        assert_eq!(summary.meters().len(), 3);
        serde_json::to_value(&summary).unwrap()["meters"].clone()
    };
    let harbor = written(&[(Meter::TRANSACTIONS, 1), (Meter::API_CALLS, 7)]);
    assert_eq!(harbor[0]["percentage"], 33.33);
    assert_eq!((&harbor[0]["remaining"], &harbor[0]["limit"]), (&2.into(), &3.into()));
    assert_eq!((&harbor[1]["used"], &harbor[1]["meter"]), (&7.into(), &"api_calls".into()));
    for field in ["limit", "remaining", "percentage"] {
        assert!(harbor[1][field].is_null(), "{field}");
    }
    let summit = written(&[(Meter::TRANSACTIONS, 4)]);
    assert_eq!((&summit[0]["percentage"], &summit[0]["remaining"]), (&133.33.into(), &0.into()));
    assert_eq!(summit[2]["percentage"], 100.0, "of nothing all is used");
}
