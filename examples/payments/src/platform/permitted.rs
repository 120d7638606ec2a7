use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tenancy_core::{Error, ErrorKind, Problem};

use super::{PlatformCapability, PlatformUser};

/// Somebody of the platform who may do this. It comes first in each handler of the plane.
///
/// # Errors
///
/// 401 for whoever is not signed in here, with whatever other credential; 403 without the
/// permission.
pub(crate) struct PlatformPermitted<C> {
    user: Arc<PlatformUser>,
    capability: PhantomData<fn() -> C>,
}

impl<C> PlatformPermitted<C> {
    pub(crate) fn user(&self) -> &PlatformUser {
        &self.user
    }
}

impl<S: Send + Sync, C: PlatformCapability> FromRequestParts<S> for PlatformPermitted<C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let user = parts.extensions.get::<Arc<PlatformUser>>().ok_or_else(not_signed_in)?;
        if C::ROLES.contains(&user.role) {
            return Ok(Self { user: user.clone(), capability: PhantomData });
        }
        let message = format!("work on the platform: {} is not permitted", C::PERMISSION);
        Err(Error::new(ErrorKind::Forbidden, message).into())
    }
}

fn not_signed_in() -> Error {
    Error::new(ErrorKind::CredentialRequired, "sign in as somebody of the platform")
}
