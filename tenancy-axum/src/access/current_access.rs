use std::fmt;
use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use http::Extensions;
use http::request::Parts;
use tenancy_core::access::{Access, AccessDecision, Permission, Permit, Resource};
use tenancy_core::{Clock, Error, ErrorKind, Problem, TenantContext};

use super::request_access::RequestAccess;

/// What the actor of the request may do, for permissions that are known only at run time.
///
/// Where a route always needs the same one, ask for a [`Permitted`](super::Permitted) or a
/// [`PermittedOn`](super::PermittedOn) instead: the signature shows it then.
///
/// Refuses with 401 `credential_required` when no credential came, with 400 `tenant_required` when
/// the request names no tenant, and with 500 where [`TenantLayer`](crate::TenantLayer) or
/// [`AccessLayer`](super::AccessLayer) is missing; the log says which.
///
/// ```
/// use tenancy_axum::CurrentAccess;
///
/// /// Tells a page which of its buttons to show.
/// async fn my_permissions(access: CurrentAccess) -> String {
///     let catalogue = access.access().catalogue();
///     let names = catalogue.permissions().filter(|permission| access.is_permitted_somewhere(permission));
///     names.map(ToString::to_string).collect::<Vec<_>>().join(" ")
/// }
/// # use axum::{Router, routing::get};
/// # let _: Router = Router::new().route("/my_permissions", get(my_permissions));
/// ```
#[derive(Clone)]
pub struct CurrentAccess {
    access: Arc<Access>,
    clock: Arc<dyn Clock>,
}

impl CurrentAccess {
    /// Finds what the actor of a request may do, for services that have no extractors.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when a layer is missing, [`ErrorKind::TenantRequired`],
    /// [`ErrorKind::CredentialRequired`], and what the
    /// [`GrantSource`](tenancy_core::access::GrantSource) says.
    ///
    /// # Cancel safety
    ///
    /// Dropping it leaves the request as it was: the next one to ask looks again.
    pub async fn attached(extensions: &Extensions) -> Result<Self, Error> {
        // First of all: a layer that is missing shows on every request.
        TenantContext::attached(extensions)?;
        let request = extensions.get::<RequestAccess>().ok_or_else(|| {
            let message = "find what an actor may do: add AccessLayer, outside of what needs it";
            Error::new(ErrorKind::Misconfigured, message)
        })?;
        let context = TenantContext::require_attached(extensions)?;
        let actor = context.actor().ok_or_else(|| {
            let message = "send a credential: nobody is permitted anything without one";
            Error::new(ErrorKind::CredentialRequired, message)
        })?;
        let access = request.find(context, actor).await?;
        Ok(Self { access, clock: request.clock().clone() })
    }

    /// Decides whether a permission holds for something now, as [`Access::decide`].
    pub fn decide(
        &self,
        permission: &Permission,
        on: &(impl Resource + ?Sized),
    ) -> AccessDecision<'_> {
        let decision = self.access.decide(permission, on, self.clock.now());
        tracing::debug!(
            access.permission = %permission,
            access.decision = decision.as_str(),
            access.decided_by = decision.decided_by(),
            "access decided",
        );
        decision
    }

    /// Returns the grant that permits something now, or the error to answer with.
    ///
    /// # Errors
    ///
    /// As [`AccessDecision::require`].
    pub fn require(
        &self,
        permission: &Permission,
        on: &(impl Resource + ?Sized),
    ) -> Result<Permit<'_>, Error> {
        self.decide(permission, on).require(permission)
    }

    /// Passes when a permission may hold for something, somewhere, as
    /// [`Access::require_somewhere`]. It permits nothing.
    ///
    /// # Errors
    ///
    /// As [`AccessDecision::require`].
    pub fn require_somewhere(&self, permission: &Permission) -> Result<(), Error> {
        self.access.require_somewhere(permission, self.clock.now())
    }

    /// Tells whether a permission may hold for something, somewhere: whether to show a button. It
    /// permits nothing.
    pub fn is_permitted_somewhere(&self, permission: &Permission) -> bool {
        self.require_somewhere(permission).is_ok()
    }

    /// Returns what decides, for a time of one's own.
    pub fn access(&self) -> &Access {
        &self.access
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentAccess {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::attached(&parts.extensions).await?)
    }
}

impl fmt::Debug for CurrentAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentAccess").field("access", &self.access).finish_non_exhaustive()
    }
}
