use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;

use super::{Forbid, Grant, GrantSource, Grants};
use crate::{Actor, ActorKind, Error, TenantId};

/// Grants in memory, for tests and small programs.
///
/// ```
/// use tenancy_core::access::{Grant, GrantSource as _, MemoryGrants, RoleName, Scope};
/// use tenancy_core::{Actor, ActorKind, TenantId};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// let (harbor, summit) = (TenantId::generate(), TenantId::generate());
/// let ada = Actor::new(ActorKind::User, "ada");
/// let grants = MemoryGrants::new();
/// grants.grant(harbor, &ada, Grant::role("grant_1", RoleName::parse("viewer")?, Scope::TENANT));
///
/// assert_eq!(grants.grants(harbor, &ada).await?.grants().len(), 1);
/// assert_eq!(grants.grants(summit, &ada).await?.grants().len(), 0);
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct MemoryGrants(RwLock<HashMap<Key, Grants>>);

type Key = (TenantId, ActorKind, Box<str>);

impl MemoryGrants {
    /// Makes a source in which nobody has anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives something to an actor at a tenant, in place of a grant with the same id.
    pub fn grant(&self, tenant: TenantId, actor: &Actor, grant: Grant) {
        self.change(tenant, actor, |grants, _| {
            grants.retain(|found| found.id() != grant.id());
            grants.push(grant);
        });
    }

    /// Forbids something to an actor at a tenant, in place of a forbid with the same id.
    pub fn forbid(&self, tenant: TenantId, actor: &Actor, forbid: Forbid) {
        self.change(tenant, actor, |_, forbids| {
            forbids.retain(|found| found.id() != forbid.id());
            forbids.push(forbid);
        });
    }

    /// Takes back the grant or the forbid with this id.
    pub fn revoke(&self, tenant: TenantId, actor: &Actor, id: &str) {
        self.change(tenant, actor, |grants, forbids| {
            grants.retain(|found| found.id() != id);
            forbids.retain(|found| found.id() != id);
        });
    }

    fn change(
        &self,
        tenant: TenantId,
        actor: &Actor,
        change: impl FnOnce(&mut Vec<Grant>, &mut Vec<Forbid>),
    ) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let found = all.entry(key(tenant, actor)).or_insert_with(|| Grants::of(tenant, actor));
        let (grants, forbids) = found.parts_mut();
        change(grants, forbids);
    }
}

fn key(tenant: TenantId, actor: &Actor) -> Key {
    (tenant, actor.kind(), actor.id().into())
}

#[async_trait]
impl GrantSource for MemoryGrants {
    async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(&key(tenant, actor)).cloned();
        Ok(found.unwrap_or_else(|| Grants::of(tenant, actor)))
    }
}
