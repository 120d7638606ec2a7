use super::compiled::{Asked, CompiledForbid, CompiledGrant};
use super::permission_set::PermissionSet;
use super::{Forbid, Given, Grant, Grants, RoleCatalogue};
use crate::Actor;

/// The grants and forbids of one actor, in the order of their ids.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) actor: Actor,
    grants: Vec<CompiledGrant>,
    forbids: Vec<CompiledForbid>,
    /// The ids of those that name something the catalogue does not have.
    pub(super) unknown: Vec<Box<str>>,
}

impl Rights {
    pub(super) fn compile(catalogue: &RoleCatalogue, actor: &Actor, grants: Grants) -> Self {
        let (grants, forbids) = grants.into_parts();
        let mut rights =
            Self { actor: actor.clone(), grants: vec![], forbids: vec![], unknown: vec![] };
        for grant in grants {
            rights.add_grant(catalogue, grant);
        }
        for forbid in forbids {
            rights.add_forbid(catalogue, forbid);
        }
        rights.grants.sort_by(|a, b| a.grant.id().cmp(b.grant.id()));
        rights.forbids.sort_by(|a, b| a.forbid.id().cmp(b.forbid.id()));
        rights
    }

    fn add_grant(&mut self, catalogue: &RoleCatalogue, grant: Grant) {
        let (gives, is_known) = given_by(catalogue, grant.given());
        if !is_known {
            self.unknown.push(grant.id().into());
        }
        self.grants.push(CompiledGrant::new(grant, gives));
    }

    fn add_forbid(&mut self, catalogue: &RoleCatalogue, forbid: Forbid) {
        let stops = catalogue.table().matching(forbid.permission()).unwrap_or_else(|| {
            self.unknown.push(forbid.id().into());
            catalogue.table().everything().clone()
        });
        self.forbids.push(CompiledForbid::new(forbid, stops));
    }

    /// Returns the forbid that is about this, the catalogue's first.
    pub(super) fn forbidding<'a>(
        &'a self,
        catalogue: &'a RoleCatalogue,
        asked: Asked<'_>,
    ) -> Option<&'a Forbid> {
        let mut forbids = self.all_forbids(catalogue);
        forbids.find(|forbid| forbid.forbids(asked, &self.actor)).map(|found| &found.forbid)
    }

    /// Returns the grant that permits this.
    pub(super) fn permitting(&self, asked: Asked<'_>) -> Option<&Grant> {
        let found = self.grants.iter().find(|grant| grant.permits(asked, &self.actor));
        found.map(|found| &found.grant)
    }

    /// Tells whether it may do this to anything at all.
    pub(super) fn permits_somewhere(
        &self,
        catalogue: &RoleCatalogue,
        place: usize,
        now: i128,
    ) -> bool {
        self.grants.iter().any(|grant| grant.gives(place, now))
            && !self.all_forbids(catalogue).any(|forbid| forbid.forbids_everywhere(place, now))
    }

    fn all_forbids<'a>(
        &'a self,
        catalogue: &'a RoleCatalogue,
    ) -> impl Iterator<Item = &'a CompiledForbid> {
        catalogue.compiled_forbids().iter().chain(&self.forbids)
    }

    /// Tells whether all that a grant would give is this actor's too: as widely, and as long.
    pub(super) fn may_give(&self, catalogue: &RoleCatalogue, grant: &CompiledGrant) -> bool {
        let scope = std::slice::from_ref(grant.grant.scope());
        let is_wider = |own: &CompiledGrant, place| {
            own.gives.contains(place)
                && own.validity.outlasts(grant.validity)
                && own.grant.scope().covers(grant.grant.scope())
                // What is own to one is not own to the other.
                && !own.grant.is_only_own()
        };
        let is_forbidden = |forbid: &CompiledForbid, place| {
            forbid.stops.contains(place)
                && forbid.validity.meets(grant.validity)
                && forbid.touches(scope)
                // The rule of four eyes holds for the other one by himself.
                && !forbid.forbid.is_only_own()
        };
        let permissions = catalogue.table().permissions();
        let is_good_for = |place: usize| self.actor.may_use_scope(permissions[place].as_str());
        grant.gives.places().all(|place| {
            is_good_for(place)
                && self.grants.iter().any(|own| is_wider(own, place))
                && !self.all_forbids(catalogue).any(|forbid| is_forbidden(forbid, place))
        })
    }
}

/// Returns the permissions that are given, and whether the catalogue has all that is named.
pub(super) fn given_by(catalogue: &RoleCatalogue, given: &Given) -> (PermissionSet, bool) {
    let table = catalogue.table();
    match given {
        Given::Role(role) => match catalogue.role(role) {
            Some(may) => (may.clone(), true),
            None => (table.set([]), false),
        },
        Given::Permissions(given) => {
            let places = || given.iter().map(|permission| table.place(permission));
            (table.set(places().flatten()), places().all(|place| place.is_some()))
        }
    }
}
