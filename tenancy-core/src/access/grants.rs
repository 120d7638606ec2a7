use std::sync::Arc;

use super::{Forbid, Grant};
use crate::{Actor, ActorKind, TenantId};

/// What one actor was given at one tenant, and what it is forbidden.
///
/// It knows for whom it is: [`Access`](super::Access) refuses one that was found for another
/// tenant or another actor, such as in a cache that forgot a part of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    tenant: TenantId,
    kind: ActorKind,
    actor: Arc<str>,
    given: Vec<Grant>,
    forbids: Vec<Forbid>,
}

impl Grants {
    /// Says that an actor has nothing at a tenant.
    pub fn of(tenant: TenantId, actor: &Actor) -> Self {
        let (kind, actor) = (actor.kind(), actor.id().into());
        Self { tenant, kind, actor, given: Vec::new(), forbids: Vec::new() }
    }

    /// Adds a grant.
    pub fn with(mut self, grant: Grant) -> Self {
        self.given.push(grant);
        self
    }

    /// Adds a forbid.
    pub fn with_forbid(mut self, forbid: Forbid) -> Self {
        self.forbids.push(forbid);
        self
    }

    /// Returns the tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Tells whether they are those of this actor.
    pub fn is_of(&self, actor: &Actor) -> bool {
        self.kind == actor.kind() && *self.actor == *actor.id()
    }

    /// Returns the grants.
    pub fn grants(&self) -> &[Grant] {
        &self.given
    }

    /// Returns the forbids.
    pub fn forbids(&self) -> &[Forbid] {
        &self.forbids
    }

    pub(super) const fn parts_mut(&mut self) -> (&mut Vec<Grant>, &mut Vec<Forbid>) {
        (&mut self.given, &mut self.forbids)
    }

    pub(super) fn into_parts(self) -> (Vec<Grant>, Vec<Forbid>) {
        (self.given, self.forbids)
    }
}

impl Extend<Grant> for Grants {
    fn extend<I: IntoIterator<Item = Grant>>(&mut self, grants: I) {
        self.given.extend(grants);
    }
}

impl Extend<Forbid> for Grants {
    fn extend<I: IntoIterator<Item = Forbid>>(&mut self, forbids: I) {
        self.forbids.extend(forbids);
    }
}
