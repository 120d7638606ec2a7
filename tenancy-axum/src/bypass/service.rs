use std::task::{Context, Poll};

use http::Request;
use tenancy_core::BypassGate;
use tower_service::Service;

/// The service of [`BypassLayer`](super::BypassLayer).
#[derive(Debug, Clone)]
pub struct BypassService<S> {
    pub(super) inner: S,
    pub(super) gate: BypassGate,
}

impl<S, B> Service<Request<B>> for BypassService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.gate.clone().attach(request.extensions_mut());
        self.inner.call(request)
    }
}
