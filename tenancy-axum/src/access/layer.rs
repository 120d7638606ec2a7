use std::sync::Arc;

use tenancy_core::access::{GrantSource, RoleCatalogue};
use tenancy_core::{Clock, SystemClock};
use tower_layer::Layer;

use super::AccessService;
use super::request_access::Settings;

/// Lets handlers ask what the actor may do: with [`Permitted`](super::Permitted),
/// [`PermittedOn`](super::PermittedOn) or [`CurrentAccess`](super::CurrentAccess).
///
/// It refuses nothing by itself. The grants are found when a handler first asks for them, and once
/// for a request, however often it asks; a route that does not ask costs no look-up.
///
/// It goes inside [`TenantLayer`](crate::TenantLayer): the innermost, where several nest.
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, routing::post};
/// use tenancy_axum::{AccessLayer, Permitted, TenantLayer};
/// use tenancy_core::access::{Capability, MemoryGrants, Permission, Role, RoleCatalogue};
/// use tenancy_core::{MemoryDirectory, ResolverChain};
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
/// let catalogue = RoleCatalogue::builder()
///     .capability::<CloseMonth>()
///     .role(Role::new("accountant").may("books:*"))
///     .build()?;
/// let grants = Arc::new(MemoryGrants::new());
/// let chain = ResolverChain::new(Arc::new(MemoryDirectory::new()));
/// let app: Router = Router::new()
///     .route("/close_month", post(close_month))
///     .layer(AccessLayer::new(grants, catalogue))
///     .layer(TenantLayer::new(chain));
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AccessLayer {
    settings: Arc<Settings>,
}

impl AccessLayer {
    /// Finds grants with this source, and decides by this catalogue.
    pub fn new(source: Arc<dyn GrantSource>, catalogue: RoleCatalogue) -> Self {
        Self::with_clock(source, catalogue, Arc::new(SystemClock))
    }

    /// Tells the time by this clock; by the system's when not set.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        let Settings { source, catalogue, .. } = &*self.settings;
        Self::with_clock(source.clone(), catalogue.clone(), clock)
    }

    fn with_clock(
        source: Arc<dyn GrantSource>,
        catalogue: RoleCatalogue,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { settings: Arc::new(Settings { source, catalogue, clock }) }
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = AccessService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AccessService { inner, settings: self.settings.clone() }
    }
}
