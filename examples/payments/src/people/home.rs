use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tenancy_axum::CurrentTenant;
use tenancy_core::{Problem, Tenant, TenantId};

/// The tenant that people, keys and sessions belong to: the same one in every mode.
pub(crate) struct HomeTenant(Arc<Tenant>);

impl HomeTenant {
    /// Returns the id that its people are kept under.
    pub(crate) fn id(&self) -> TenantId {
        self.0.id().home()
    }
}

impl Deref for HomeTenant {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for HomeTenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found =
            <CurrentTenant as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Self(found.0))
    }
}
