use std::mem;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::limit::Decision;
use tenancy_core::{Error, ErrorKind, Problem, Protocol, TenantContext};
use tower_service::Service;

use super::{RateLimitLayer, audit};
use crate::ResponseFuture;

/// The service of [`RateLimitLayer`](super::RateLimitLayer).
#[derive(Debug, Clone)]
pub struct RateLimitService<S> {
    pub(super) inner: S,
    pub(super) layer: Arc<RateLimitLayer>,
}

impl<S, B, R> Service<Request<B>> for RateLimitService<S>
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
            let protocol = Protocol::of(&parts.headers);
            let decision = match decide(&layer, &parts).await {
                Ok(decision) => decision,
                Err(error) => return Ok(Problem::from(error).into_response_over(protocol)),
            };
            let request = Request::from_parts(parts, body);
            let Some(decision) = decision else {
                return Ok(ready.call(request).await?.map(Body::new));
            };
            let mut response = if decision.is_allowed() {
                ready.call(request).await?.map(Body::new)
            } else {
                refuse(&decision, protocol)
            };
            tell(response.headers_mut(), &decision);
            Ok(response)
        })
    }
}

/// Decides over the limits of a request; `None` when it falls under none.
async fn decide(layer: &RateLimitLayer, parts: &Parts) -> Result<Option<Decision>, Error> {
    let RateLimitLayer { limiter, rules, auditor } = layer;
    let context = TenantContext::attached(&parts.extensions)?;
    let (tenant, limits) = rules.limits(context, parts);
    if limits.is_empty() {
        return Ok(None);
    }
    match limiter.check(tenant, &limits, NonZeroU32::MIN).await {
        Ok(decision) => {
            if let Some(auditor) = auditor.as_ref().filter(|_| !decision.is_allowed()) {
                audit::limited(auditor, tenant, &limits[decision.binding_index()], context, parts);
            }
            Ok(Some(decision))
        }
        Err(error) if error.is_transient() => Err(error),
        // The caller has no part in these limits: what is wrong with them is not its mistake.
        Err(error) => {
            Err(Error::new(ErrorKind::Internal, "check the rate limits").with_source(error))
        }
    }
}

fn refuse(decision: &Decision, protocol: Protocol) -> Response<Body> {
    tracing::debug!(limit.policy = %decision.binding().name(), "request limited");
    Problem::rate_limited(decision.retry_after()).into_response_over(protocol)
}

fn tell(headers: &mut HeaderMap, decision: &Decision) {
    // And the request's id: the table grows once.
    headers.reserve(7);
    for (name, value) in decision.header_fields() {
        headers.insert(name, value);
    }
}
