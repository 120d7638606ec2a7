use std::task::{Context, Poll};

use tenancy_core::Carried;
use tower_layer::Layer;
use tower_service::Service;

/// Calls the inner service in the context that a [`CarryLayer`](super::CarryLayer) outside took
/// along, and waits for its response there.
#[derive(Debug, Clone, Copy)]
pub struct DeliverLayer(());

/// The service of [`DeliverLayer`].
#[derive(Debug, Clone)]
pub struct DeliverService<S> {
    inner: S,
}

impl DeliverLayer {
    /// Takes carried requests apart.
    #[expect(clippy::new_without_default, reason = "parallel to the other layers")]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for DeliverLayer {
    type Service = DeliverService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeliverService { inner }
    }
}

impl<S, R> Service<Carried<R>> for DeliverService<S>
where
    S: Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Carried<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Carried<R>) -> Self::Future {
        let (carrier, request) = request.into_parts();
        let response = carrier.run(|| self.inner.call(request));
        carrier.carry(response)
    }
}
