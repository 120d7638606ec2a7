use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use http::Request;
use tower_service::Service;

use super::{PropagateFuture, PropagateLayer};

/// The service of [`PropagateLayer`].
///
/// Its error is the client's, or a [`tenancy_core::Error`] when no envelope could be made: then
/// nothing was sent.
#[derive(Debug, Clone)]
pub struct PropagateService<S> {
    pub(super) inner: S,
    pub(super) layer: Arc<PropagateLayer>,
}

impl<S, B> Service<Request<B>> for PropagateService<S>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = PropagateFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        match self.layer.apply(&parts.method, &parts.uri, &mut parts.headers) {
            Ok(()) => PropagateFuture::sent(self.inner.call(Request::from_parts(parts, body))),
            Err(error) => PropagateFuture::unsent(error),
        }
    }
}
