use std::mem;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::{Error, Problem, Protocol, TenantContext};
use tower_service::Service;

use crate::ResponseFuture;

/// The service of [`RequireTenantLayer`](super::RequireTenantLayer).
#[derive(Debug, Clone)]
pub struct RequireTenantService<S> {
    pub(super) inner: S,
    pub(super) credential: bool,
}

impl<S, B, R> Service<Request<B>> for RequireTenantService<S>
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
        let credential = self.credential;
        ResponseFuture::new(async move {
            match check(request.extensions(), credential) {
                Ok(()) => Ok(ready.call(request).await?.map(Body::new)),
                Err(error) => {
                    let protocol = Protocol::of(request.headers());
                    Ok(Problem::from(error).into_response_over(protocol))
                }
            }
        })
    }
}

fn check(extensions: &http::Extensions, credential: bool) -> Result<(), Error> {
    let context = TenantContext::require_attached(extensions)?;
    if credential { context.require_credential() } else { Ok(()) }
}
