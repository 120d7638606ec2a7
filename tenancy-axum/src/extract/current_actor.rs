use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use tenancy_core::{Actor, Error, ErrorKind, Problem, TenantContext};

/// Who acts, proved by a credential of the request's tenant.
///
/// Refuses with 401 `credential_required` when no credential came, also when a host or a proxy
/// names the tenant; `Option<CurrentActor>` is `None` then. Refuses with 500 where
/// [`TenantLayer`](crate::TenantLayer) is missing.
///
/// ```
/// use tenancy_axum::{CurrentActor, CurrentTenant};
///
/// async fn me(tenant: CurrentTenant, actor: CurrentActor) -> String {
///     format!("{} of {}", actor.id(), tenant.slug())
/// }
/// # use axum::{Router, routing::get};
/// # let _: Router = Router::new().route("/me", get(me));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CurrentActor(pub Actor);

impl Deref for CurrentActor {
    type Target = Actor;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentActor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        find(parts)?.ok_or_else(|| {
            Problem::from(Error::new(
                ErrorKind::CredentialRequired,
                "send a credential: no other source says who acts",
            ))
        })
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentActor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        find(parts)
    }
}

fn find(parts: &Parts) -> Result<Option<CurrentActor>, Problem> {
    let context = TenantContext::attached(&parts.extensions)?;
    Ok(context.and_then(|context| context.actor()).cloned().map(CurrentActor))
}
