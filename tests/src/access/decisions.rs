//! Decisions: who decided, in which order, and what the caller is told.

use tenancy_core::access::{Access, AccessDecision, Grant, Grants, Scope};
use tenancy_core::{Actor, ActorKind, ErrorKind};

use super::world::{NOW, World, ada, bob, forbid, one, permission, role, scope};

#[test]
fn a_grant_permits_what_its_role_may_do_where_it_is() {
    let world = World::new();
    let (update, close) = (permission("accounts:update"), permission("accounts:close"));
    for access in world.both(&ada(), |none| none.with(role("g1", "clerk", "branch/7"))) {
        let account = scope("branch/7/account/42");
        let decision = access.decide(&update, &account, NOW);
        let AccessDecision::Permitted(permit) = decision else { panic!("{decision:?}") };
        assert_eq!((permit.grant().id(), permit.principal_grant()), ("g1", None));
        assert_eq!(access.decide(&close, &account, NOW), AccessDecision::NotGranted(&ada()));
        assert!(!access.decide(&update, &Scope::TENANT, NOW).is_permitted());
        assert!(!access.decide(&update, &scope("branch/8"), NOW).is_permitted());
        assert!(access.require_somewhere(&update, NOW).is_ok());
        assert!(access.require_somewhere(&close, NOW).is_err());
    }
}

#[test]
fn nothing_is_permitted_without_a_grant() {
    let world = World::new();
    for access in world.both(&ada(), |none| none) {
        for permission in world.catalogue.permissions() {
            for at in [Scope::TENANT, scope("branch/7")] {
                assert!(!access.decide(permission, &at, NOW).is_permitted());
            }
            assert!(access.require_somewhere(permission, NOW).is_err());
        }
    }
}

/// The order in which a source lists them must not change what an audit says.
#[test]
fn of_several_the_first_id_is_named() {
    let world = World::new();
    let view = permission("grades:view");
    let grants = ["c", "a", "b"].map(|id| role(id, "reader", "tenant"));
    let forbids = ["z", "y"].map(|id| forbid(id, "grades:*", "class/9a"));
    for turn in 0..3 {
        let mut grants = grants.clone();
        grants.rotate_left(turn);
        let [school, bank] = world.both(&ada(), |mut none| {
            none.extend(grants.clone());
            none.extend(forbids.clone());
            none
        });
        for access in [school, bank] {
            assert_eq!(access.decide(&view, &scope("class/9b"), NOW).decided_by(), Some("a"));
            assert_eq!(access.decide(&view, &scope("class/9a"), NOW).decided_by(), Some("y"));
        }
    }
}

#[test]
fn a_forbid_wins_wherever_it_stands() {
    let world = World::new();
    let view = permission("accounts:view");
    let given = |none: Grants| {
        none.with(role("everything", "manager", "tenant"))
            .with(one("this_one", "accounts:view", "branch/7/account/42"))
            .with_forbid(forbid("f", "accounts:view", "branch/7"))
    };
    for access in world.both(&ada(), given) {
        let decided_by = |at| access.decide(&view, &scope(at), NOW).decided_by();
        // On a parent of what is granted, and below what is asked about.
        assert_eq!(decided_by("branch/7/account/42"), Some("f"));
        assert_eq!(decided_by("branch/7"), Some("f"));
        assert_eq!(decided_by("tenant"), Some("f"));
        assert_eq!(decided_by("branch/70"), Some("everything"));
        // Another permission is none of its business.
        let update = permission("accounts:update");
        assert!(access.decide(&update, &scope("branch/7"), NOW).is_permitted());
        assert!(access.require_somewhere(&view, NOW).is_ok());
    }
}

#[test]
fn a_forbid_about_all_leaves_no_somewhere() {
    let world = World::new();
    let view = permission("accounts:view");
    let given = |none: Grants| {
        none.with(role("g", "manager", "tenant")).with_forbid(forbid("f", "*:*", "tenant"))
    };
    for access in world.both(&ada(), given) {
        assert_eq!(access.require_somewhere(&view, NOW).unwrap_err().kind(), ErrorKind::Forbidden);
    }
}

#[test]
fn a_credential_narrows_what_roles_give() {
    let world = World::new();
    let (view, update) = (permission("accounts:view"), permission("accounts:update"));
    let key = Actor::new(ActorKind::ApiKey, "key_1").with_scopes(["accounts:view", "grades:*"]);
    for access in world.both(&key, |none| none.with(role("g", "manager", "tenant"))) {
        assert!(access.decide(&view, &Scope::TENANT, NOW).is_permitted());
        let narrow = access.decide(&update, &Scope::TENANT, NOW);
        assert_eq!(narrow, AccessDecision::CredentialTooNarrow(&key));
        assert!(access.require_somewhere(&update, NOW).is_err());
        // A star in a credential is a name like any other: it was never checked to be a pattern.
        assert!(!access.decide(&permission("grades:view"), &Scope::TENANT, NOW).is_permitted());
    }
    // And it gives nothing that roles do not.
    for access in world.both(&key, |none| none) {
        assert!(!access.decide(&view, &Scope::TENANT, NOW).is_permitted());
    }
    for access in world
        .both(&key.clone().with_scopes([""; 0]), |none| none.with(role("g", "manager", "tenant")))
    {
        assert!(!access.decide(&view, &Scope::TENANT, NOW).is_permitted());
    }
}

#[test]
fn who_acts_for_another_needs_both() {
    let world = World::new();
    let (view, update) = (permission("accounts:view"), permission("accounts:update"));
    let support = Actor::new(ActorKind::User, "support").on_behalf_of(ada());
    let access = |tenant, own: Grant, theirs: Grant| {
        let grants =
            [Grants::of(tenant, &support).with(own), Grants::of(tenant, &ada()).with(theirs)];
        Access::new(&world.catalogue, tenant, &support, grants).unwrap()
    };
    for tenant in [world.school, world.bank] {
        let wide = access(tenant, role("s", "manager", "tenant"), role("a", "reader", "branch/7"));
        let decision = wide.decide(&view, &scope("branch/7"), NOW);
        let AccessDecision::Permitted(permit) = decision else { panic!("{decision:?}") };
        assert_eq!(permit.grant().id(), "s");
        assert_eq!(permit.principal_grant().unwrap().id(), "a");
        let refused = AccessDecision::NotGranted(&ada());
        assert_eq!(wide.decide(&update, &scope("branch/7"), NOW), refused);
        assert_eq!(wide.decide(&view, &scope("branch/8"), NOW), refused);

        let narrow = access(tenant, role("s", "reader", "tenant"), role("a", "manager", "tenant"));
        assert!(narrow.decide(&view, &Scope::TENANT, NOW).is_permitted());
        assert_eq!(
            narrow.decide(&update, &Scope::TENANT, NOW),
            AccessDecision::NotGranted(&support)
        );
        assert!(narrow.require_somewhere(&update, NOW).is_err());
    }
}

/// A credential narrows whoever holds it, at either end.
#[test]
fn the_credentials_of_both_must_be_good_for_it() {
    let world = World::new();
    let (view, update) = (permission("accounts:view"), permission("accounts:update"));
    let narrow = ada().with_scopes(["accounts:view"]);
    for tenant in [world.school, world.bank] {
        for (actor, principal) in [(bob(), narrow.clone()), (narrow.clone(), bob())] {
            let actor = actor.on_behalf_of(principal.clone());
            let grants = [&actor, &principal]
                .map(|actor| Grants::of(tenant, actor).with(role("g", "manager", "tenant")));
            let access = Access::new(&world.catalogue, tenant, &actor, grants).unwrap();
            assert!(access.decide(&view, &Scope::TENANT, NOW).is_permitted());
            let refused = access.decide(&update, &Scope::TENANT, NOW);
            let AccessDecision::CredentialTooNarrow(whose) = refused else { panic!("{refused:?}") };
            assert_eq!(whose.id(), "ada");
            assert!(access.require_somewhere(&update, NOW).is_err());
            assert!(!access.may_give(&one("n", "accounts:update", "tenant")));
        }
    }
}

/// A forbid about either of the two holds.
#[test]
fn a_forbid_follows_who_is_acted_for_and_who_acts() {
    let world = World::new();
    let view = permission("accounts:view");
    let support = Actor::new(ActorKind::User, "support").on_behalf_of(ada());
    let everything =
        |tenant, actor: &Actor| Grants::of(tenant, actor).with(role("g", "manager", "tenant"));
    for tenant in [world.school, world.bank] {
        for forbidden in 0..2 {
            let mut grants = [everything(tenant, &support), everything(tenant, &ada())];
            grants[forbidden].extend([forbid("f", "accounts:*", "branch/7")]);
            let access = Access::new(&world.catalogue, tenant, &support, grants).unwrap();
            assert_eq!(access.decide(&view, &scope("branch/7"), NOW).decided_by(), Some("f"));
            assert_eq!(access.decide(&view, &scope("branch/8"), NOW).decided_by(), Some("g"));
        }
    }
}

#[test]
fn an_undeclared_permission_is_the_programs_fault() {
    let world = World::new();
    for access in world.both(&ada(), |none| none.with(role("g", "manager", "tenant"))) {
        let undeclared = permission("accounts:destroy");
        let error = access.require(&undeclared, &Scope::TENANT, NOW).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.message().contains("declare it in the RoleCatalogue"));
        let error = access.require_somewhere(&undeclared, NOW).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
    }
}

/// A role that was renamed gives nothing; a forbid whose permission was renamed holds fast.
#[test]
fn what_the_catalogue_does_not_have_denies_and_is_said() {
    let world = World::new();
    let view = permission("accounts:view");
    let grants = |none: Grants| {
        none.with(role("g1", "janitor", "tenant"))
            .with(one("g2", "accounts:destroy", "tenant"))
            .with(role("g3", "reader", "tenant"))
    };
    for access in world.both(&ada(), grants) {
        assert_eq!(access.unknown().collect::<Vec<_>>(), ["g1", "g2"]);
        assert_eq!(access.decide(&view, &Scope::TENANT, NOW).decided_by(), Some("g3"));
    }
    let given = |none| grants(none).with_forbid(forbid("f", "ledgers:close", "branch/7"));
    for access in world.both(&ada(), given) {
        assert_eq!(access.unknown().collect::<Vec<_>>(), ["g1", "g2", "f"]);
        assert_eq!(access.decide(&view, &scope("branch/7"), NOW).decided_by(), Some("f"));
        assert!(access.decide(&view, &scope("branch/8"), NOW).is_permitted());
    }
}

/// A caller learns what it asked for, and nothing of who has what.
#[test]
fn a_refusal_names_the_permission_and_nothing_else() {
    let world = World::new();
    let view = permission("accounts:view");
    let refused = |given: fn(Grants) -> Grants| {
        let [school, bank] = world.both(&bob(), given);
        let errors = [school, bank].map(|access| {
            access.require(&view, &scope("branch/7/account/secret"), NOW).unwrap_err()
        });
        assert!(errors.iter().all(|error| error.kind() == ErrorKind::Forbidden));
        errors.map(|error| format!("{error} {error:?}"))
    };
    let nothing = refused(|none| none);
    let forbidden = refused(|none| {
        none.with(role("grant_of_eve", "reader", "tenant"))
            .with_forbid(forbid("custody", "*:*", "branch/7"))
    });
    assert_eq!(nothing, forbidden);
    for text in nothing {
        assert!(text.contains("accounts:view"));
        for told in ["secret", "branch", "grant_of_eve", "custody", "bob"] {
            assert!(!text.contains(told), "{text}");
        }
    }
}
