//! Grants and forbids as decisions use them: names looked up, times as numbers.

use super::permission_set::PermissionSet;
use super::validity::Validity;
use super::{Forbid, Grant, Owner, Scope};
use crate::Actor;

/// What is asked, looked up once for all grants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The permission's place in the catalogue.
    pub(super) place: usize,
    pub(super) scopes: &'a [Scope],
    pub(super) owner: Owner<'a>,
    /// In nanoseconds since 1970.
    pub(super) now: i128,
}

#[derive(Debug)]
pub(super) struct CompiledGrant {
    pub(super) grant: Grant,
    pub(super) gives: PermissionSet,
    pub(super) validity: Validity,
}

impl CompiledGrant {
    pub(super) fn new(grant: Grant, gives: PermissionSet) -> Self {
        let (from, until) = grant.validity();
        Self { grant, gives, validity: Validity::new(from, until) }
    }

    /// Tells whether it gives this permission somewhere, at this time.
    pub(super) fn gives(&self, place: usize, now: i128) -> bool {
        self.gives.contains(place) && self.validity.holds(now)
    }

    pub(super) fn permits(&self, asked: Asked<'_>, actor: &Actor) -> bool {
        self.gives(asked.place, asked.now) && self.covers(asked.scopes, asked.owner, actor)
    }

    fn covers(&self, scopes: &[Scope], owner: Owner<'_>, actor: &Actor) -> bool {
        let scope = self.grant.scope();
        (scope.is_tenant() || scopes.iter().any(|asked| scope.covers(asked)))
            && (!self.grant.is_only_own() || owner.is(actor) == Some(true))
    }
}

#[derive(Debug)]
pub(super) struct CompiledForbid {
    pub(super) forbid: Forbid,
    pub(super) stops: PermissionSet,
    pub(super) validity: Validity,
}

impl CompiledForbid {
    pub(super) fn new(forbid: Forbid, stops: PermissionSet) -> Self {
        let (from, until) = forbid.validity();
        Self { forbid, stops, validity: Validity::new(from, until) }
    }

    pub(super) fn forbids(&self, asked: Asked<'_>, actor: &Actor) -> bool {
        self.stops.contains(asked.place)
            && self.validity.holds(asked.now)
            && self.touches(asked.scopes)
            && (!self.forbid.is_only_own() || asked.owner.is(actor) != Some(false))
    }

    /// Tells whether any of these places lies within its scope, or holds it.
    pub(super) fn touches(&self, scopes: &[Scope]) -> bool {
        let scope = self.forbid.scope();
        scope.is_tenant() || scopes.iter().any(|asked| scope.covers(asked) || asked.covers(scope))
    }

    /// Tells whether it leaves nothing of a permission, anywhere.
    pub(super) fn forbids_everywhere(&self, place: usize, now: i128) -> bool {
        self.stops.contains(place)
            && self.validity.holds(now)
            && self.forbid.scope().is_tenant()
            && !self.forbid.is_only_own()
    }
}
