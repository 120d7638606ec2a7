//! From when until when, to the nanosecond.

use tenancy_core::access::{Grants, Scope};
use time::macros::datetime;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::world::{NOW, World, ada, forbid, permission, role};

const HOUR: Duration = Duration::hours(1);
const MICRO: Duration = Duration::microseconds(1);
const NANO: Duration = Duration::nanoseconds(1);

#[test]
fn the_beginning_belongs_to_it_and_the_end_does_not() {
    let world = World::new();
    let view = permission("grades:view");
    let given = |none: Grants| {
        none.with(role("g", "reader", "tenant").valid_from(NOW).valid_until(NOW + HOUR))
    };
    let kiribati = UtcOffset::from_hms(14, 0, 0).unwrap();
    for access in world.both(&ada(), given) {
        for (now, is_permitted) in [
            (NOW - MICRO, false),
            (NOW - NANO, false),
            (NOW, true),
            (NOW.to_offset(kiribati), true),
            (NOW + HOUR - NANO, true),
            ((NOW + HOUR - NANO).to_offset(kiribati), true),
            (NOW + HOUR, false),
            ((NOW + HOUR).to_offset(kiribati), false),
            (NOW + HOUR + MICRO, false),
            (datetime!(9999-12-31 23:59 UTC), false),
            (OffsetDateTime::UNIX_EPOCH, false),
        ] {
            assert_eq!(
                access.decide(&view, &Scope::TENANT, now).is_permitted(),
                is_permitted,
                "{now}"
            );
            assert_eq!(access.require_somewhere(&view, now).is_ok(), is_permitted, "{now}");
        }
    }
}

#[test]
fn an_interval_that_ends_before_it_begins_is_empty() {
    let world = World::new();
    let view = permission("grades:view");
    let given = |none: Grants| {
        none.with(role("a", "reader", "tenant").valid_from(NOW).valid_until(NOW))
            .with(role("b", "reader", "tenant").valid_from(NOW + HOUR).valid_until(NOW - HOUR))
    };
    for access in world.both(&ada(), given) {
        for now in [NOW - HOUR, NOW - NANO, NOW, NOW + NANO, NOW + HOUR] {
            assert!(!access.decide(&view, &Scope::TENANT, now).is_permitted());
        }
    }
}

#[test]
fn a_forbid_ends_too_and_the_other_grant_goes_on() {
    let world = World::new();
    let view = permission("grades:view");
    let given = |none: Grants| {
        none.with(role("a", "reader", "tenant").valid_until(NOW))
            .with(role("b", "reader", "tenant"))
            .with_forbid(forbid("f", "*:view", "tenant").valid_from(NOW).valid_until(NOW + HOUR))
    };
    for access in world.both(&ada(), given) {
        let decided_by = |now| access.decide(&view, &Scope::TENANT, now).decided_by();
        assert_eq!(decided_by(NOW - NANO), Some("a"));
        assert_eq!(decided_by(NOW), Some("f"));
        assert_eq!(decided_by(NOW + HOUR - NANO), Some("f"));
        assert_eq!(decided_by(NOW + HOUR), Some("b"));
    }
}
