use tower_layer::Layer;

use super::RequireTenantService;

/// Refuses requests that name no tenant: 400 `tenant_required`.
///
/// Handlers behind it need not ask. It goes inside [`TenantLayer`](crate::TenantLayer), and
/// answers 500 outside of it; the log says which layer is missing.
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, routing::get};
/// use tenancy_axum::{RequireTenantLayer, TenantLayer};
/// use tenancy_core::{MemoryDirectory, ResolverChain};
///
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
/// let app: Router = Router::new()
///     .route("/accounts", get(|| async { "for tenants" }))
///     .layer(RequireTenantLayer::new().credential())
///     .route("/", get(|| async { "for everybody" }))
///     .layer(TenantLayer::new(chain));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RequireTenantLayer {
    credential: bool,
}

impl RequireTenantLayer {
    /// Asks for a tenant; its host alone will do.
    #[expect(clippy::new_without_default, reason = "nothing that decides over tenants has one")]
    pub const fn new() -> Self {
        Self { credential: false }
    }

    /// Asks also for a credential of it: 401 `credential_required`.
    pub const fn credential(mut self) -> Self {
        self.credential = true;
        self
    }
}

impl<S> Layer<S> for RequireTenantLayer {
    type Service = RequireTenantService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireTenantService { inner, credential: self.credential }
    }
}
