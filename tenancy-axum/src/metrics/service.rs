use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::{Problem, Protocol, TenantContext};
use tower_service::Service;

use super::layer::MetricsLayer;
use super::measured::Measured;
use crate::ResponseFuture;

/// The service of [`MetricsLayer`](super::MetricsLayer).
#[derive(Debug, Clone)]
pub struct MetricsService<S> {
    pub(super) inner: S,
    pub(super) layer: Arc<MetricsLayer>,
}

impl<S, B, R> Service<Request<B>> for MetricsService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    R: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was polled ready serves; its clone is polled for the next request.
        let next = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        ResponseFuture::new(async move {
            let (parts, body) = request.into_parts();
            let context = match TenantContext::attached(&parts.extensions) {
                Ok(context) => context.cloned(),
                Err(error) => {
                    let protocol = Protocol::of(&parts.headers);
                    return Ok(Problem::from(error).into_response_over(protocol));
                }
            };
            let route = (layer.route)(&parts);
            let measured = Measured::start(layer, context, route);
            let response = ready.call(Request::from_parts(parts, body)).await?;
            measured.answered(response.status());
            Ok(response.map(Body::new))
        })
    }
}
