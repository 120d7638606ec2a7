use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use tenancy_core::access::{Capability, Permit, Resource, Scope};
use tenancy_core::{Error, ErrorKind, Problem};

use super::CurrentAccess;

/// Proof that the actor may do something: to the whole tenant, or to one thing.
///
/// As an extractor it is `Permitted<C>`, the whole tenant: a grant for all of it permits `C`, and
/// no forbid is about any part of it. A route about one object asks for a
/// [`PermittedOn`](super::PermittedOn), which gives a `Permitted<C, Payment>` for a payment that
/// was asked about, and for no other. Functions may ask for these too: nobody can make one.
///
/// Refuses with 403 `permission_denied`, and like [`CurrentAccess`]; `Option<Permitted<C>>` is
/// `None` where nobody signed in or it is not permitted. It was permitted when the proof was made:
/// do not keep it beyond the request.
///
/// ```
/// use tenancy_axum::Permitted;
/// use tenancy_core::access::{Capability, Permission};
///
/// /// Close the books of a month.
/// struct CloseMonth;
///
/// impl Capability for CloseMonth {
///     const PERMISSION: Permission = Permission::from_static("books:close");
/// }
///
/// async fn close_month(_: Permitted<CloseMonth>) -> &'static str {
///     "closed"
/// }
///
/// async fn books(may_close: Option<Permitted<CloseMonth>>) -> &'static str {
///     if may_close.is_some() { "with a button" } else { "to read" }
/// }
/// # use axum::{Router, routing::{get, post}};
/// # let _: Router = Router::new().route("/books", get(books)).route("/close_month", post(close_month));
/// ```
#[must_use = "a proof that nobody asks for proves nothing"]
pub struct Permitted<C: Capability, R = WholeTenant> {
    on: R,
    grant: Arc<str>,
    capability: PhantomData<fn() -> C>,
}

/// What a [`Permitted`] is about when it is about the whole tenant.
#[derive(Debug)]
pub struct WholeTenant(());

impl<C: Capability, R> Permitted<C, R> {
    pub(super) fn by(permit: Permit<'_>, on: R) -> Self {
        Self { on, grant: permit.grant().shared_id(), capability: PhantomData }
    }

    /// Returns the id of the actor's grant that permits it, for audit events.
    pub fn grant_id(&self) -> &str {
        &self.grant
    }
}

impl<C: Capability, R: Resource> Permitted<C, R> {
    /// Returns what it is about.
    pub fn into_inner(self) -> R {
        self.on
    }
}

/// Read only: what is permitted on one thing is not on another that takes its place.
impl<C: Capability, R: Resource> Deref for Permitted<C, R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.on
    }
}

impl<C: Capability, S: Send + Sync> FromRequestParts<S> for Permitted<C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(find(parts).await?)
    }
}

impl<C: Capability, S: Send + Sync> OptionalFromRequestParts<S> for Permitted<C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        match find(parts).await {
            Ok(permitted) => Ok(Some(permitted)),
            Err(error) if is_refusal(error.kind()) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

async fn find<C: Capability>(parts: &Parts) -> Result<Permitted<C>, Error> {
    let access = CurrentAccess::attached(&parts.extensions).await?;
    let permit = access.require(&C::PERMISSION, &Scope::TENANT)?;
    Ok(Permitted::by(permit, WholeTenant(())))
}

const fn is_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Forbidden | ErrorKind::CredentialRequired | ErrorKind::TenantRequired)
}

impl<C: Capability, R: fmt::Debug> fmt::Debug for Permitted<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permitted")
            .field("permission", &C::PERMISSION)
            .field("on", &self.on)
            .field("grant", &self.grant)
            .finish()
    }
}
