use std::iter;

use time::OffsetDateTime;

use super::compiled::{Asked, CompiledGrant};
use super::rights::{Rights, given_by};
use super::{AccessDecision, Grant, Grants, Permission, Permit, Resource, RoleCatalogue};
use crate::{Actor, Error, ErrorKind, TenantContext, TenantId};

/// What an actor may do at one tenant: its grants, put together with the catalogue.
///
/// It is made for a request or a piece of work, and decides as often as asked.
#[derive(Debug)]
pub struct Access {
    tenant: TenantId,
    catalogue: RoleCatalogue,
    /// The actor, and then whom it acts for.
    rights: Vec<Rights>,
}

impl Access {
    /// Puts together what was found for an actor at a tenant, and for each whom it
    /// [acts for](Actor::acts_for), in this order.
    ///
    /// A grant that names a role or a permission which the catalogue does not have gives nothing
    /// of it; [`unknown`](Self::unknown) says which these are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignTenant`] for grants of another tenant; [`ErrorKind::Internal`] for
    /// those of somebody else, too few, or too many.
    pub fn new(
        catalogue: &RoleCatalogue,
        tenant: TenantId,
        actor: &Actor,
        grants: impl IntoIterator<Item = Grants>,
    ) -> Result<Self, Error> {
        let mut grants = grants.into_iter();
        let mut rights = Vec::with_capacity(1);
        for actor in chain(actor) {
            let found = grants.next().ok_or_else(|| not_theirs("there are too few"))?;
            if found.tenant() != tenant {
                let message = "put grants together: they were found for another tenant";
                return Err(Error::new(ErrorKind::ForeignTenant, message));
            }
            if !found.is_of(actor) {
                return Err(not_theirs("they were found for another actor"));
            }
            rights.push(Rights::compile(catalogue, actor, found));
        }
        if grants.next().is_some() {
            return Err(not_theirs("there are too many"));
        }
        Ok(Self { tenant, catalogue: catalogue.clone(), rights })
    }

    /// Returns the tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns the actor.
    pub fn actor(&self) -> &Actor {
        &self.rights[0].actor
    }

    /// Returns the catalogue.
    pub const fn catalogue(&self) -> &RoleCatalogue {
        &self.catalogue
    }

    /// Tells whether it was made for this tenant and this actor. In its sandbox an actor may do
    /// what it may do at the tenant.
    pub fn is_for(&self, context: &TenantContext) -> bool {
        self.tenant == context.home_id() && Some(self.actor()) == context.actor()
    }

    /// Returns the ids of grants and forbids that name what the catalogue does not have: such a
    /// grant permits nothing, and such a forbid forbids everything within its scope.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.rights.iter().flat_map(|rights| rights.unknown.iter().map(Box::as_ref))
    }

    /// Decides whether a permission holds for something, and for all that lies below it.
    ///
    /// On [`Scope::TENANT`](super::Scope::TENANT) it holds for the whole tenant: only a grant for
    /// all of it permits that, and a forbid about any part of it forbids it.
    ///
    /// Of several grants that permit, the one whose id is the first is named, whatever order they
    /// came in; of several forbids likewise, those of the catalogue before the actor's.
    pub fn decide<'a>(
        &'a self,
        permission: &Permission,
        on: &(impl Resource + ?Sized),
        now: OffsetDateTime,
    ) -> AccessDecision<'a> {
        let Some(place) = self.catalogue.table().place(permission) else {
            return AccessDecision::Undeclared;
        };
        if on.tenant().is_some_and(|tenant| tenant.home() != self.tenant) {
            return AccessDecision::ForeignResource;
        }
        if let Some(actor) = self.too_narrow(permission) {
            return AccessDecision::CredentialTooNarrow(actor);
        }
        let (scopes, owner) = (on.scopes(), on.owner());
        self.decide_asked(Asked { place, scopes: &scopes, owner, now: now.unix_timestamp_nanos() })
    }

    fn decide_asked(&self, asked: Asked<'_>) -> AccessDecision<'_> {
        for rights in &self.rights {
            if let Some(forbid) = rights.forbidding(&self.catalogue, asked) {
                return AccessDecision::Forbidden(forbid);
            }
        }
        let mut permit: Option<Permit<'_>> = None;
        for rights in &self.rights {
            let Some(grant) = rights.permitting(asked) else {
                return AccessDecision::NotGranted(&rights.actor);
            };
            permit = Some(match permit {
                None => Permit { grant, principal: None },
                Some(first) => Permit { principal: Some(grant), ..first },
            });
        }
        permit.map_or(AccessDecision::NotGranted(self.actor()), AccessDecision::Permitted)
    }

    /// Returns the grant that permits something, or the error to answer with.
    ///
    /// # Errors
    ///
    /// As [`AccessDecision::require`].
    pub fn require(
        &self,
        permission: &Permission,
        on: &(impl Resource + ?Sized),
        now: OffsetDateTime,
    ) -> Result<Permit<'_>, Error> {
        self.decide(permission, on, now).require(permission)
    }

    /// Passes when a permission may hold for something, somewhere. It permits nothing: it refuses
    /// early those for whom no object would be permitted.
    ///
    /// # Errors
    ///
    /// As [`AccessDecision::require`].
    pub fn require_somewhere(
        &self,
        permission: &Permission,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let Some(place) = self.catalogue.table().place(permission) else {
            return AccessDecision::Undeclared.require(permission).map(drop);
        };
        if let Some(actor) = self.too_narrow(permission) {
            return AccessDecision::CredentialTooNarrow(actor).require(permission).map(drop);
        }
        let now = now.unix_timestamp_nanos();
        for rights in &self.rights {
            if !rights.permits_somewhere(&self.catalogue, place, now) {
                return AccessDecision::NotGranted(&rights.actor).require(permission).map(drop);
            }
        }
        Ok(())
    }

    /// Tells whether the actor may give a grant to somebody: has itself all that it gives, in its
    /// scope, and as long as it is valid. What its credential is not good for it may not give.
    ///
    /// It guards against giving away more than one has, and says nothing about who may give at
    /// all: that is a permission such as `grants:create`. A forbid counts when it holds at any
    /// time of the grant's validity. A grant of something that the catalogue does not have may
    /// not be given.
    pub fn may_give(&self, grant: &Grant) -> bool {
        let (gives, is_known) = given_by(&self.catalogue, grant.given());
        let grant = CompiledGrant::new(grant.clone(), gives);
        is_known && self.rights.iter().all(|rights| rights.may_give(&self.catalogue, &grant))
    }

    /// Returns who in the chain has a credential that is not good for a permission.
    fn too_narrow(&self, permission: &Permission) -> Option<&Actor> {
        let mut actors = self.rights.iter().map(|rights| &rights.actor);
        actors.find(|actor| !actor.may_use_scope(permission.as_str()))
    }
}

/// An actor, and then whom it acts for.
pub(super) fn chain(actor: &Actor) -> impl Iterator<Item = &Actor> {
    iter::successors(Some(actor), |actor| actor.acts_for())
}

fn not_theirs(why: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("put grants together: {why}"))
}
