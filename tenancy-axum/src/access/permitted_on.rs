use std::fmt;
use std::marker::PhantomData;

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use tenancy_core::access::{Capability, Resource};
use tenancy_core::{Error, Problem};

use super::{CurrentAccess, Permitted};

/// A capability for objects that the handler has yet to find: it permits nothing until it is
/// asked about each of them.
///
/// Who has the permission nowhere is refused with 403 `permission_denied` before anything is
/// looked up. Refuses also like [`CurrentAccess`].
///
/// ```
/// use std::borrow::Cow;
/// use axum::extract::Path;
/// use tenancy_axum::{Permitted, PermittedOn, Problem};
/// use tenancy_core::access::{Capability, Owner, Permission, Resource, Scope};
///
/// /// Give money back.
/// struct Refund;
///
/// impl Capability for Refund {
///     const PERMISSION: Permission = Permission::from_static("payments:refund");
/// }
///
/// struct Payment { id: u64, branch: u32, maker: String }
///
/// impl Resource for Payment {
///     fn scopes(&self) -> Cow<'_, [Scope]> {
///         vec![Scope::TENANT.at("branch", self.branch).at("payment", self.id)].into()
///     }
///     fn owner(&self) -> Owner<'_> {
///         Owner::user(&self.maker)
///     }
/// }
///
/// async fn refund(may_refund: PermittedOn<Refund>, Path(id): Path<u64>) -> Result<String, Problem> {
///     let payment = find(id).await;
///     give_back(may_refund.on(payment)?).await
/// }
///
/// // Nobody comes here with a payment that was not asked about.
/// async fn give_back(payment: Permitted<Refund, Payment>) -> Result<String, Problem> {
///     Ok(format!("gave {} back", payment.id))
/// }
/// # async fn find(id: u64) -> Payment { Payment { id, branch: 7, maker: "ada".to_owned() } }
/// # use axum::{Router, routing::post};
/// # let _: Router = Router::new().route("/payments/{id}/refund", post(refund));
/// ```
#[must_use = "it permits nothing until it is asked"]
pub struct PermittedOn<C: Capability> {
    access: CurrentAccess,
    capability: PhantomData<fn() -> C>,
}

impl<C: Capability> PermittedOn<C> {
    /// Returns the proof for one thing, by value or by reference.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`](tenancy_core::ErrorKind::Forbidden) when it is not permitted;
    /// [`ErrorKind::ForeignTenant`](tenancy_core::ErrorKind::ForeignTenant) for what says that it
    /// is another tenant's.
    pub fn on<R: Resource>(&self, resource: R) -> Result<Permitted<C, R>, Error> {
        let permit = self.access.require(&C::PERMISSION, &resource)?;
        Ok(Permitted::by(permit, resource))
    }

    /// Tells whether it is permitted on one thing: to leave the others out of a list.
    pub fn is_permitted_on(&self, resource: &(impl Resource + ?Sized)) -> bool {
        self.access.decide(&C::PERMISSION, resource).is_permitted()
    }
}

impl<C: Capability, S: Send + Sync> FromRequestParts<S> for PermittedOn<C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let access = CurrentAccess::attached(&parts.extensions).await?;
        access.require_somewhere(&C::PERMISSION)?;
        Ok(Self { access, capability: PhantomData })
    }
}

impl<C: Capability> fmt::Debug for PermittedOn<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermittedOn").field("permission", &C::PERMISSION).finish_non_exhaustive()
    }
}
