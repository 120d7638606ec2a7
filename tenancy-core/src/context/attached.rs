//! The context in a request's extensions, from the layer that resolves to what serves.

use http::Extensions;

use super::TenantContext;
use crate::{Error, ErrorKind};

/// Says that somebody has asked who a request is for, and found nobody.
///
/// Without it "no tenant" could be the caller's mistake or the program's: a forgotten layer.
#[derive(Debug, Clone, Copy)]
struct Nobody;

impl TenantContext {
    /// Leaves in a request whom it is for, or that it is for nobody in particular.
    ///
    /// `TenantLayer` of `tenancy-axum` does it; other edges may.
    pub fn attach(context: Option<Self>, extensions: &mut Extensions) {
        if let Some(context) = context {
            extensions.insert(context);
        } else {
            extensions.remove::<Self>();
            extensions.insert(Nobody);
        }
    }

    /// Returns whom a request is for; `None` when it names no tenant.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenancy_core::{ErrorKind, PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
    /// # let plan = PlanCatalogue::example().plan("starter")?;
    /// # let harbor = Arc::new(Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan));
    /// let mut extensions = http::Extensions::new();
    /// let forgotten = TenantContext::attached(&extensions).unwrap_err();
    /// assert_eq!(forgotten.kind(), ErrorKind::Misconfigured);
    ///
    /// TenantContext::attach(None, &mut extensions);
    /// assert!(TenantContext::attached(&extensions)?.is_none());
    ///
    /// TenantContext::attach(Some(TenantContext::for_program(harbor)), &mut extensions);
    /// assert_eq!(TenantContext::attached(&extensions)?.unwrap().tenant().slug().as_str(), "harbor");
    /// # Ok::<(), tenancy_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when nobody has asked: a layer is missing.
    pub fn attached(extensions: &Extensions) -> Result<Option<&Self>, Error> {
        let context = extensions.get::<Self>();
        if context.is_none() && extensions.get::<Nobody>().is_none() {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "find the tenant of a request: add TenantLayer, outside of what needs it",
            ));
        }
        Ok(context)
    }

    /// Returns whom a request is for that must name a tenant.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantRequired`] when it names none, with a message that says how to name
    /// one; and as [`attached`](Self::attached).
    pub fn require_attached(extensions: &Extensions) -> Result<&Self, Error> {
        Self::attached(extensions)?.ok_or_else(|| {
            Error::new(
                ErrorKind::TenantRequired,
                "name the tenant: send a credential of it, or use its host; \
                 a tenant header counts only beside a credential",
            )
        })
    }
}
