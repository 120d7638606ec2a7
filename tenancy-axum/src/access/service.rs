use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::request_access::{RequestAccess, Settings};

/// The service of [`AccessLayer`](super::AccessLayer).
#[derive(Debug, Clone)]
pub struct AccessService<S> {
    pub(super) inner: S,
    pub(super) settings: Arc<Settings>,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for AccessService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(RequestAccess::new(self.settings.clone()));
        self.inner.call(request)
    }
}
