//! Own objects, four eyes, and resources that lie in several places.

use std::borrow::Cow;

use tenancy_core::access::{Access, AccessDecision, Grants, Owner, Resource, Scope};
use tenancy_core::{Actor, ActorKind, ErrorKind, TenantId};

use super::world::{NOW, World, ada, bob, forbid, permission, role, scope};

/// Anything, somewhere, of somebody.
struct Thing<'a> {
    at: Vec<Scope>,
    owner: Owner<'a>,
    tenant: Option<TenantId>,
}

impl<'a> Thing<'a> {
    fn of(owner: Owner<'a>, at: &str) -> Self {
        Self { at: vec![scope(at)], owner, tenant: None }
    }
}

impl Resource for Thing<'_> {
    fn scopes(&self) -> Cow<'_, [Scope]> {
        Cow::Borrowed(&self.at)
    }

    fn owner(&self) -> Owner<'_> {
        self.owner
    }

    fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }
}

#[test]
fn an_own_grant_covers_own_objects_alone() {
    let world = World::new();
    let view = permission("accounts:view");
    let given = |none: Grants| none.with(role("g", "reader", "branch/7").only_own());
    for access in world.both(&ada(), given) {
        let permitted = |owner: Owner<'_>, at: &str| {
            access.decide(&view, &Thing::of(owner, at), NOW).is_permitted()
        };
        assert!(permitted(Owner::user("ada"), "branch/7/account/1"));
        assert!(permitted(Owner::actor(&ada()), "branch/7"));
        assert!(!permitted(Owner::user("ada"), "branch/8/account/1"));
        // A key of the same name is not she.
        let key = Owner::Actor(ActorKind::ApiKey, "ada");
        for other in [Owner::user("bob"), Owner::user("Ada"), key, Owner::Nobody, Owner::Unknown] {
            assert!(!permitted(other, "branch/7/account/1"), "{other:?}");
        }
        // A place has no owner, so that it covers no whole branch.
        assert!(!access.decide(&view, &scope("branch/7"), NOW).is_permitted());
        assert!(access.require_somewhere(&view, NOW).is_ok());
    }
}

#[test]
fn nobody_approves_what_is_his_own() {
    let world = World::new();
    let approve = permission("refunds:approve");
    for access in world.both(&ada(), |none| none.with(role("g", "manager", "tenant"))) {
        let decided_by = |owner| {
            let refund = Thing::of(owner, "refund/1");
            access.decide(&approve, &refund, NOW).decided_by()
        };
        assert_eq!(decided_by(Owner::user("bob")), Some("g"));
        assert_eq!(decided_by(Owner::Nobody), Some("g"));
        assert_eq!(decided_by(Owner::Actor(ActorKind::ApiKey, "ada")), Some("g"));
        assert_eq!(decided_by(Owner::user("ada")), Some("four_eyes"));
        // Who does not say whose it is might offer his own.
        assert_eq!(decided_by(Owner::Unknown), Some("four_eyes"));
        for at in [Scope::TENANT, scope("refund/1")] {
            assert_eq!(access.decide(&approve, &at, NOW).decided_by(), Some("four_eyes"));
        }
        assert!(access.require_somewhere(&approve, NOW).is_ok());
    }
}

/// The maker cannot approve through somebody who acts for him, nor by acting for an approver.
#[test]
fn four_eyes_are_not_two_by_acting_for_another() {
    let world = World::new();
    let approve = permission("refunds:approve");
    let all =
        |tenant, actor: &Actor| Grants::of(tenant, actor).with(role("g", "manager", "tenant"));
    for tenant in [world.school, world.bank] {
        for (actor, principal) in [(ada(), bob()), (bob(), ada())] {
            let actor = actor.on_behalf_of(principal.clone());
            let grants = [all(tenant, &actor), all(tenant, &principal)];
            let access = Access::new(&world.catalogue, tenant, &actor, grants).unwrap();
            for maker in ["ada", "bob"] {
                let refund = Thing::of(Owner::user(maker), "refund/1");
                let decision = access.decide(&approve, &refund, NOW);
                assert_eq!(decision.decided_by(), Some("four_eyes"), "{actor:?} {maker}");
            }
            let of_eve = Thing::of(Owner::user("eve"), "refund/1");
            assert!(access.decide(&approve, &of_eve, NOW).is_permitted());
        }
    }
}

/// A pupil lies in a class for the teacher, and by itself for the guardian.
#[test]
fn one_of_several_places_is_enough() {
    let world = World::new();
    let view = permission("grades:view");
    let lily = Thing {
        at: vec![scope("class/9a/pupil/17"), scope("pupil/17"), scope("department/art/pupil/17")],
        owner: Owner::Unknown,
        tenant: None,
    };
    for covering in ["class/9a", "pupil/17", "department/art", "tenant"] {
        for access in world.both(&ada(), |none| none.with(role("g", "reader", covering))) {
            assert!(access.decide(&view, &lily, NOW).is_permitted(), "{covering}");
        }
    }
    for other in ["class/9b", "pupil/18", "pupil/1", "class/9a/pupil/18"] {
        for access in world.both(&ada(), |none| none.with(role("g", "reader", other))) {
            assert!(!access.decide(&view, &lily, NOW).is_permitted(), "{other}");
        }
    }
    // A custody order is about the child, wherever the child is met.
    let given = |none: Grants| {
        none.with(role("g", "reader", "class/9a")).with_forbid(forbid("custody", "*:*", "pupil/17"))
    };
    for access in world.both(&ada(), given) {
        assert_eq!(access.decide(&view, &lily, NOW).decided_by(), Some("custody"));
    }
}

#[test]
fn what_lies_nowhere_is_for_the_whole_tenant_alone() {
    let world = World::new();
    let view = permission("grades:view");
    let nowhere = Thing { at: vec![], owner: Owner::Nobody, tenant: None };
    for (at, is_permitted) in [("tenant", true), ("class/9a", false)] {
        for access in world.both(&ada(), |none| none.with(role("g", "reader", at))) {
            assert_eq!(access.decide(&view, &nowhere, NOW).is_permitted(), is_permitted);
        }
    }
}

#[test]
fn another_tenants_resource_is_refused_whatever_was_granted() {
    let world = World::new();
    let view = permission("accounts:view");
    for (tenant, other) in [(world.school, world.bank), (world.bank, world.school)] {
        let access = world.access(tenant, &ada(), |none| none.with(role("g", "manager", "tenant")));
        let account =
            |tenant| Thing { tenant: Some(tenant), ..Thing::of(Owner::Nobody, "account/1") };
        assert!(access.decide(&view, &account(tenant), NOW).is_permitted());
        assert_eq!(access.decide(&view, &account(other), NOW), AccessDecision::ForeignResource);
        // Through a reference too.
        let error = access.require(&view, &&account(other), NOW).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignTenant);
        assert!(!format!("{error:?}").contains(&other.to_string()));
    }
}
