//! Giving to others: never more than one has.

use tenancy_core::access::{Access, Grant, Grants};
use tenancy_core::{Actor, ActorKind};
use time::Duration;

use super::world::{NOW, World, ada, bob, forbid, one, role};

const DAY: Duration = Duration::days(1);

fn may_give(given: impl Fn(Grants) -> Grants, grant: &Grant) -> bool {
    let [school, bank] = World::new().both(&ada(), given).map(|access| access.may_give(grant));
    assert_eq!(school, bank);
    school
}

#[test]
fn as_much_as_one_has_and_no_more() {
    let has = |none: Grants| none.with(role("g", "clerk", "branch/7").valid_until(NOW + DAY));
    let until = |grant: Grant, end| may_give(has, &grant.valid_until(end));
    assert!(until(role("n", "clerk", "branch/7"), NOW + DAY));
    assert!(until(role("n", "reader", "branch/7/account/1"), NOW));
    assert!(until(one("n", "refunds:create", "branch/7"), NOW + DAY));
    assert!(until(one("n", "accounts:view", "branch/7").only_own(), NOW + DAY));
    // A role that may more, a wider place, a longer time.
    assert!(!until(role("n", "manager", "branch/7"), NOW + DAY));
    assert!(!until(role("n", "clerk", "tenant"), NOW + DAY));
    assert!(!until(role("n", "clerk", "branch/70"), NOW + DAY));
    assert!(!until(role("n", "clerk", "branch/7"), NOW + DAY + Duration::NANOSECOND));
    assert!(!may_give(has, &role("n", "clerk", "branch/7")));
    // What nobody knows.
    assert!(!until(role("n", "janitor", "branch/7"), NOW + DAY));
    assert!(!until(one("n", "accounts:destroy", "branch/7"), NOW + DAY));
}

#[test]
fn nothing_is_put_together_from_what_only_lasts_in_turns() {
    let turns = |none: Grants| {
        none.with(role("a", "clerk", "tenant").valid_until(NOW))
            .with(role("b", "clerk", "tenant").valid_from(NOW))
    };
    assert!(!may_give(turns, &role("n", "clerk", "tenant")));
    assert!(may_give(turns, &role("n", "clerk", "tenant").valid_from(NOW)));
    // Permissions of several grants do add up.
    let parts = |none: Grants| {
        none.with(role("a", "reader", "tenant"))
            .with(one("b", "refunds:create", "tenant"))
            .with(one("c", "accounts:update", "branch/7"))
    };
    assert!(may_give(parts, &role("n", "clerk", "branch/7")));
    assert!(!may_give(parts, &role("n", "clerk", "tenant")));
}

#[test]
fn own_objects_are_not_given_away() {
    let own = |none: Grants| none.with(role("g", "clerk", "tenant").only_own());
    assert!(!may_give(own, &role("n", "clerk", "tenant").only_own()));
    assert!(!may_give(own, &role("n", "clerk", "tenant")));
}

#[test]
fn what_is_forbidden_is_not_given() {
    let barred = |none: Grants| {
        none.with(role("g", "clerk", "tenant"))
            .with_forbid(forbid("f", "accounts:update", "branch/7").valid_until(NOW))
    };
    assert!(!may_give(barred, &role("n", "clerk", "branch/7/account/1")));
    assert!(!may_give(barred, &role("n", "clerk", "tenant")));
    assert!(may_give(barred, &role("n", "clerk", "branch/8")));
    assert!(may_give(barred, &role("n", "reader", "tenant")));
    assert!(may_give(barred, &role("n", "clerk", "tenant").valid_from(NOW)));
    // An approver may make another one: each is kept from his own by the rule itself.
    let manager = |none: Grants| none.with(role("g", "manager", "tenant"));
    assert!(may_give(manager, &role("n", "manager", "tenant")));
}

/// A key's scopes stay within its creator's rights, and what a key gives within its scopes.
#[test]
fn a_credential_gives_only_what_it_is_good_for() {
    let world = World::new();
    let key = Actor::new(ActorKind::ApiKey, "key_1").with_scopes(["accounts:view"]);
    for access in world.both(&key, |none| none.with(role("g", "manager", "tenant"))) {
        assert!(access.may_give(&one("n", "accounts:view", "tenant")));
        assert!(!access.may_give(&one("n", "accounts:update", "tenant")));
        assert!(!access.may_give(&role("n", "reader", "tenant")));
    }
}

#[test]
fn who_acts_for_another_gives_what_both_have() {
    let world = World::new();
    let actor = ada().on_behalf_of(bob());
    for tenant in [world.school, world.bank] {
        let grants = [
            Grants::of(tenant, &actor).with(role("g", "manager", "tenant")),
            Grants::of(tenant, &bob()).with(role("g", "clerk", "branch/7")),
        ];
        let access = Access::new(&world.catalogue, tenant, &actor, grants).unwrap();
        assert!(access.may_give(&role("n", "clerk", "branch/7")));
        assert!(!access.may_give(&role("n", "clerk", "branch/8")));
        assert!(!access.may_give(&role("n", "manager", "branch/7")));
    }
}
