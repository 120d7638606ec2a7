//! A school and a bank that share a program.

use tenancy_core::access::{
    Access, Forbid, Grant, Grants, Permission, Role, RoleCatalogue, RoleName, Scope,
};
use tenancy_core::{Actor, ActorKind, TenantId};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::harness::two_tenants;

pub(super) const NOW: OffsetDateTime = datetime!(2026-11-25 09:00 UTC);

pub(super) struct World {
    pub(super) school: TenantId,
    pub(super) bank: TenantId,
    pub(super) catalogue: RoleCatalogue,
}

impl World {
    pub(super) fn new() -> Self {
        let (school, bank) = two_tenants();
        let catalogue = RoleCatalogue::builder()
            .resource("grades", ["view", "update"])
            .resource("accounts", ["view", "update", "close"])
            .resource("refunds", ["view", "create", "approve"])
            .role(Role::new("reader").may("*:view"))
            .role(Role::new("teacher").inherits("reader").may("grades:update"))
            .role(
                Role::new("clerk").inherits("reader").may("refunds:create").may("accounts:update"),
            )
            .role(Role::new("manager").inherits("clerk").may("accounts:*").may("refunds:approve"))
            .forbid(four_eyes())
            .build()
            .unwrap();
        Self { school, bank, catalogue }
    }

    /// What an actor may do at each of the tenants, given the same there.
    pub(super) fn both(&self, actor: &Actor, given: impl Fn(Grants) -> Grants) -> [Access; 2] {
        [self.school, self.bank].map(|tenant| self.access(tenant, actor, &given))
    }

    pub(super) fn access(
        &self,
        tenant: TenantId,
        actor: &Actor,
        given: impl Fn(Grants) -> Grants,
    ) -> Access {
        let grants = given(Grants::of(tenant, actor));
        Access::new(&self.catalogue, tenant, actor, [grants]).unwrap()
    }
}

fn four_eyes() -> Forbid {
    Forbid::new("four_eyes", "refunds:approve".parse().unwrap(), Scope::TENANT).only_own()
}

pub(super) fn ada() -> Actor {
    Actor::new(ActorKind::User, "ada")
}

pub(super) fn bob() -> Actor {
    Actor::new(ActorKind::User, "bob")
}

pub(super) fn permission(text: &str) -> Permission {
    Permission::parse(text).unwrap()
}

pub(super) fn role(id: &str, name: &str, scope: &str) -> Grant {
    Grant::role(id, RoleName::parse(name).unwrap(), scope.parse().unwrap())
}

pub(super) fn one(id: &str, text: &str, scope: &str) -> Grant {
    Grant::permissions(id, [permission(text)], scope.parse().unwrap())
}

pub(super) fn forbid(id: &str, pattern: &str, scope: &str) -> Forbid {
    Forbid::new(id, pattern.parse().unwrap(), scope.parse().unwrap())
}

pub(super) fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}
