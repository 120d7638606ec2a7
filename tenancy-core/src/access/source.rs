use std::sync::Arc;

use async_trait::async_trait;

use super::decide::chain;
use super::{Access, Grants, RoleCatalogue};
use crate::{Actor, Error, TenantId};

/// Finds what an actor was given at a tenant.
///
/// It answers with all grants of the actor, those that are not valid now too: validity is
/// decided when a permission is asked for. For an API key these are the key's own, or those of
/// who made it: its scopes narrow them anyway.
///
/// ```
/// use tenancy_core::access::{Grant, GrantSource, Grants, RoleName, Scope};
/// use tenancy_core::{Actor, ActorKind, Error, TenantId, async_trait};
///
/// /// Everybody with a session may look around.
/// struct Everybody;
///
/// #[async_trait]
/// impl GrantSource for Everybody {
///     async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
///         let grants = Grants::of(tenant, actor);
///         Ok(match actor.kind() {
///             ActorKind::User => grants.with(Grant::role("everybody", RoleName::from_static("viewer"), Scope::TENANT)),
///             _ => grants,
///         })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` finds no grants",
    label = "a `GrantSource` is expected",
    note = "write `#[async_trait] impl GrantSource for {Self}`, or use `MemoryGrants`"
)]
#[async_trait]
pub trait GrantSource: Send + Sync + 'static {
    /// Returns the grants of an actor, not of whom it acts for; none is an answer, not an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when the store does not answer.
    async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error>;
}

#[async_trait]
impl<S: GrantSource + ?Sized> GrantSource for Arc<S> {
    async fn grants(&self, tenant: TenantId, actor: &Actor) -> Result<Grants, Error> {
        (**self).grants(tenant, actor).await
    }
}

impl Access {
    /// Finds the grants of an actor and of whom it acts for, and puts them together.
    ///
    /// # Errors
    ///
    /// As [`GrantSource::grants`] and [`new`](Self::new).
    ///
    /// # Cancel safety
    ///
    /// Dropping it leaves nothing behind but what the source does.
    pub async fn load(
        source: &(impl GrantSource + ?Sized),
        catalogue: &RoleCatalogue,
        tenant: TenantId,
        actor: &Actor,
    ) -> Result<Self, Error> {
        let mut found = Vec::with_capacity(1);
        for actor in chain(actor) {
            found.push(source.grants(tenant, actor).await?);
        }
        Self::new(catalogue, tenant, actor, found)
    }
}
