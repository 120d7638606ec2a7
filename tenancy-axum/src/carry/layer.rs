use std::task::{Context, Poll};

use tenancy_core::{Carried, Carrier};
use tower_layer::Layer;
use tower_service::Service;

/// Sends each request on together with the context and the span of whoever calls.
///
/// A buffer calls the service behind it from a task of its own, where no tenant runs. This layer
/// outside of the buffer and a [`DeliverLayer`](super::DeliverLayer) inside of it bring the
/// caller's context across. The types see to it that neither is forgotten: what goes between
/// them is a [`Carried`] request.
///
/// ```
/// # use std::convert::Infallible;
/// # use std::sync::Arc;
/// # use tenancy_core::{PlanCatalogue, Tenant, TenantContext, TenantId, TenantSlug};
/// use tenancy_axum::{CarryLayer, DeliverLayer};
/// use tower::{ServiceBuilder, ServiceExt as _};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenancy_core::Error> {
/// # let plan = PlanCatalogue::example().plan("starter")?;
/// # let tenant = Tenant::new(TenantId::generate(), TenantSlug::parse("harbor")?, plan);
/// # let context = TenantContext::for_program(Arc::new(tenant));
/// let service = ServiceBuilder::new()
///     .layer(CarryLayer::new())
///     .buffer(64)
///     .layer(DeliverLayer::new())
///     .service_fn(async |_: &str| {
///         Ok::<_, Infallible>(TenantContext::current().unwrap().tenant_id())
///     });
/// let id = context.tenant_id();
/// assert_eq!(context.scope(service.oneshot("whose?")).await.unwrap(), id);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CarryLayer(());

/// The service of [`CarryLayer`].
#[derive(Debug, Clone)]
pub struct CarryService<S> {
    inner: S,
}

impl CarryLayer {
    /// Takes along what runs where the service is called, or nothing where nothing runs.
    #[expect(clippy::new_without_default, reason = "parallel to the other layers")]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for CarryLayer {
    type Service = CarryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CarryService { inner }
    }
}

impl<S, R> Service<R> for CarryService<S>
where
    S: Service<Carried<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Carried<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let carrier = Carrier::current();
        let response = self.inner.call(carrier.clone().carry(request));
        carrier.carry(response)
    }
}
