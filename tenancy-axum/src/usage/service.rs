use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::{Problem, Protocol, TenantContext};
use tower_service::Service;

use super::UsageFuture;
use super::counted_body::CountedBody;
use super::recorder::Recorder;
use super::tally::{Tally, TallyShare};

/// The service of [`UsageLayer`](super::UsageLayer).
#[derive(Debug, Clone)]
pub struct UsageService<S> {
    pub(super) inner: S,
    pub(super) recorder: Recorder,
}

impl<S, B, R> Service<Request<B>> for UsageService<S>
where
    S: Service<Request<Body>, Response = Response<R>>,
    B: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    B::Error: Into<BoxError>,
    R: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = UsageFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let context = match TenantContext::attached(request.extensions()) {
            Ok(context) => context.cloned(),
            Err(error) => {
                let protocol = Protocol::of(request.headers());
                return UsageFuture::refused(Problem::from(error).into_response_over(protocol));
            }
        };
        let Some(context) = context else {
            return UsageFuture::serving(self.inner.call(request.map(Body::new)), None);
        };
        let tally = Tally::new(context, self.recorder.clone());
        let (parts, body) = request.into_parts();
        let body = Body::new(body);
        let (body, tally) = if body.is_end_stream() {
            (body, TallyShare::Alone(tally))
        } else {
            let tally = Arc::new(tally);
            let counted = CountedBody::wrap(body, TallyShare::Common(tally.clone()));
            (counted, TallyShare::Common(tally))
        };
        let request = Request::from_parts(parts, body);
        UsageFuture::serving(self.inner.call(request), Some(tally))
    }
}
