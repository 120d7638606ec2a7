//! Where grants come from, and that those of one never decide for another.

use std::sync::Mutex;

use tenancy_core::access::{Access, Grant, GrantSource, Grants, MemoryGrants};
use tenancy_core::{Actor, ActorKind, Error, ErrorKind, TenantId, async_trait};

use super::world::{NOW, World, ada, bob, forbid, permission, role, scope};

#[tokio::test]
async fn memory_keeps_tenants_and_actors_apart() {
    let world = World::new();
    let memory = MemoryGrants::new();
    let key = Actor::new(ActorKind::ApiKey, "ada");
    memory.grant(world.school, &ada(), role("g", "teacher", "class/9a"));
    memory.grant(world.bank, &bob(), role("g", "clerk", "tenant"));
    let count =
        async |tenant, actor: &Actor| memory.grants(tenant, actor).await.unwrap().grants().len();
    for (tenant, actor, expected) in [
        (world.school, ada(), 1),
        (world.school, bob(), 0),
        (world.school, key, 0),
        (world.bank, ada(), 0),
        (world.bank, bob(), 1),
    ] {
        assert_eq!(count(tenant, &actor).await, expected, "{actor:?}");
    }
    memory.revoke(world.school, &bob(), "g");
    memory.revoke(world.bank, &ada(), "g");
    assert_eq!(count(world.school, &ada()).await, 1);
    memory.revoke(world.school, &ada(), "g");
    assert_eq!(count(world.school, &ada()).await, 0);
    assert_eq!(count(world.bank, &bob()).await, 1);
}

#[tokio::test]
async fn memory_replaces_what_has_the_same_id() {
    let world = World::new();
    let memory = MemoryGrants::new();
    for at in ["class/9a", "class/9b"] {
        memory.grant(world.school, &ada(), role("g", "teacher", at));
        memory.forbid(world.school, &ada(), forbid("f", "*:*", at));
    }
    let found = memory.grants(world.school, &ada()).await.unwrap();
    assert_eq!(found.grants(), [role("g", "teacher", "class/9b")]);
    assert_eq!(found.forbids(), [forbid("f", "*:*", "class/9b")]);
    assert!(memory.grants(world.bank, &ada()).await.unwrap().forbids().is_empty());
}

#[tokio::test]
async fn whom_one_acts_for_is_found_too() {
    let world = World::new();
    let memory = MemoryGrants::new();
    let view = permission("grades:view");
    let actor = ada().on_behalf_of(bob());
    for tenant in [world.school, world.bank] {
        memory.grant(tenant, &ada(), role("a", "manager", "tenant"));
    }
    memory.grant(world.school, &bob(), role("b", "reader", "class/9a"));
    for (tenant, is_permitted) in [(world.school, true), (world.bank, false)] {
        let access = Access::load(&memory, &world.catalogue, tenant, &actor).await.unwrap();
        assert_eq!(access.decide(&view, &scope("class/9a"), NOW).is_permitted(), is_permitted);
        assert!(!access.decide(&view, &scope("class/9b"), NOW).is_permitted());
    }
}

/// A cache whose key lacks the tenant, or the actor: what it remembers first it says to all.
#[derive(Default)]
struct Forgetful(Mutex<Option<Grants>>);

#[async_trait]
impl GrantSource for Forgetful {
    async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
        let manager = || Grants::of(tenant, actor).with(role("g", "manager", "tenant"));
        Ok(self.0.lock().unwrap().get_or_insert_with(manager).clone())
    }
}

#[tokio::test]
async fn grants_of_one_never_decide_for_another() {
    let world = World::new();
    let source = Forgetful::default();
    let load = |tenant, actor: Actor| {
        let (source, catalogue) = (&source, &world.catalogue);
        async move { Access::load(source, catalogue, tenant, &actor).await.map(drop) }
    };
    load(world.school, ada()).await.unwrap();
    let kind = |result: Result<(), Error>| result.unwrap_err().kind();
    assert_eq!(kind(load(world.bank, ada()).await), ErrorKind::ForeignTenant);
    assert_eq!(kind(load(world.school, bob()).await), ErrorKind::Internal);
    let key = Actor::new(ActorKind::ApiKey, "ada");
    assert_eq!(kind(load(world.school, key).await), ErrorKind::Internal);
    assert_eq!(kind(load(world.school, ada().on_behalf_of(bob())).await), ErrorKind::Internal);
    load(world.school, ada()).await.unwrap();
}

#[test]
fn grants_come_one_for_each_in_the_chain() {
    let world = World::new();
    let of = |tenant, actor: Actor| Grants::of(tenant, &actor);
    for (tenant, other) in [(world.school, world.bank), (world.bank, world.school)] {
        let new = |actor: &Actor, grants: Vec<Grants>| {
            Access::new(&world.catalogue, tenant, actor, grants).map(drop).map_err(|e| e.kind())
        };
        let both = ada().on_behalf_of(bob());
        assert_eq!(new(&both, vec![of(tenant, ada()), of(tenant, bob())]), Ok(()));
        for (grants, kind) in [
            (vec![], ErrorKind::Internal),
            (vec![of(tenant, ada())], ErrorKind::Internal),
            (vec![of(tenant, bob()), of(tenant, ada())], ErrorKind::Internal),
            (vec![of(tenant, ada()), of(other, bob())], ErrorKind::ForeignTenant),
            (vec![of(tenant, ada()), of(tenant, bob()), of(tenant, bob())], ErrorKind::Internal),
        ] {
            assert_eq!(new(&both, grants), Err(kind));
        }
        let two = vec![of(tenant, ada()), of(tenant, bob())];
        assert_eq!(new(&ada(), two), Err(ErrorKind::Internal));
    }
}

/// A grant made for one actor's own objects is about another's in another's hands.
#[test]
fn the_same_grant_in_other_hands() {
    let world = World::new();
    let own: Grant = role("g", "reader", "tenant").only_own();
    for actor in [ada(), bob()] {
        for access in world.both(&actor, |none| none.with(own.clone())) {
            assert_eq!(access.actor(), &actor);
            assert_eq!(
                access.decide(&permission("grades:view"), &scope("a/1"), NOW).decided_by(),
                None
            );
        }
    }
}
