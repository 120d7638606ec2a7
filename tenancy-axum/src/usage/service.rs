use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::{Problem, Protocol, TenantContext};
use tower_service::Service;

use super::counted_body::CountedBody;
use super::recorder::Recorder;
use super::tally::Tally;
use crate::ResponseFuture;

/// The service of [`UsageLayer`](super::UsageLayer).
#[derive(Debug, Clone)]
pub struct UsageService<S> {
    pub(super) inner: S,
    pub(super) recorder: Recorder,
}

impl<S, B, R> Service<Request<B>> for UsageService<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    B::Error: Into<BoxError>,
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
        let request = request.map(Body::new);
        let context = match TenantContext::attached(request.extensions()) {
            Ok(context) => context.cloned(),
            Err(error) => {
                let protocol = Protocol::of(request.headers());
                let refused = Problem::from(error).into_response_over(protocol);
                return ResponseFuture::new(async { Ok(refused) });
            }
        };
        let Some(context) = context else {
            let serving = ready.call(request);
            return ResponseFuture::new(async { Ok(serving.await?.map(Body::new)) });
        };
        let tally = Arc::new(Tally::new(context, self.recorder.clone()));
        let serving = ready.call(request.map(|body| CountedBody::wrap(body, &tally)));
        ResponseFuture::new(async move {
            Ok(serving.await?.map(|body| CountedBody::wrap(Body::new(body), &tally)))
        })
    }
}
