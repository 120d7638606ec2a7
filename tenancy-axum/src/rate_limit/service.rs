use std::mem;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::limit::{Decision, Limit};
use tenancy_core::{Error, ErrorKind, Problem, Protocol, TenantContext, TenantId};
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
        let (parts, body) = request.into_parts();
        let protocol = Protocol::of(&parts.headers);
        let question = match Question::of(&self.layer, &parts) {
            Ok(question) => question,
            Err(error) => return ready_made(Problem::from(error).into_response_over(protocol)),
        };
        let Some(question) = question else {
            let serving = ready.call(Request::from_parts(parts, body));
            return ResponseFuture::new(async { Ok(serving.await?.map(Body::new)) });
        };
        if let Some(decided) = question.try_local(&self.layer) {
            let decided = question.heard(decided, &self.layer, &parts);
            return answer(ready, Request::from_parts(parts, body), protocol, decided);
        }
        let layer = self.layer.clone();
        ResponseFuture::new(async move {
            let decided = question.ask(&layer).await;
            let decided = question.heard(decided, &layer, &parts);
            answer(ready, Request::from_parts(parts, body), protocol, decided).await
        })
    }
}

/// What the limiter is asked for a request.
struct Question {
    tenant: TenantId,
    limits: Vec<Limit>,
}

impl Question {
    /// Returns `None` for a request that falls under no limit.
    fn of(layer: &RateLimitLayer, parts: &Parts) -> Result<Option<Self>, Error> {
        let context = TenantContext::attached(&parts.extensions)?;
        let (tenant, limits) = layer.rules.limits(context, parts);
        Ok((!limits.is_empty()).then_some(Self { tenant, limits }))
    }

    fn try_local(&self, layer: &RateLimitLayer) -> Option<Result<Decision, Error>> {
        layer.limiter.try_local(self.tenant, &self.limits, NonZeroU32::MIN)
    }

    async fn ask(&self, layer: &RateLimitLayer) -> Result<Decision, Error> {
        layer.limiter.check(self.tenant, &self.limits, NonZeroU32::MIN).await
    }

    /// Tells the auditor of a refusal.
    fn heard(
        &self,
        decided: Result<Decision, Error>,
        layer: &RateLimitLayer,
        parts: &Parts,
    ) -> Result<Decision, Error> {
        let decision = decided.map_err(of_ours)?;
        if let Some(auditor) = layer.auditor.as_ref().filter(|_| !decision.is_allowed()) {
            let limit = &self.limits[decision.binding_index()];
            let context = TenantContext::attached(&parts.extensions)?;
            audit::limited(auditor, self.tenant, limit, context, parts);
        }
        Ok(decision)
    }
}

/// The caller has no part in these limits: what is wrong with them is not its mistake.
fn of_ours(error: Error) -> Error {
    if error.is_transient() {
        return error;
    }
    Error::new(ErrorKind::Internal, "check the rate limits").with_source(error)
}

/// Serves what is admitted, and refuses the rest.
fn answer<S, B, R>(
    mut ready: S,
    request: Request<B>,
    protocol: Protocol,
    decided: Result<Decision, Error>,
) -> ResponseFuture<S::Error>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    R::Error: Into<BoxError>,
{
    match decided {
        Ok(decision) if decision.is_allowed() => {
            let serving = ready.call(request);
            ResponseFuture::new(async move {
                let mut response = serving.await?.map(Body::new);
                tell(response.headers_mut(), &decision);
                Ok(response)
            })
        }
        Ok(decision) => {
            let mut response = refuse(&decision, protocol);
            tell(response.headers_mut(), &decision);
            ready_made(response)
        }
        Err(error) => ready_made(Problem::from(error).into_response_over(protocol)),
    }
}

fn ready_made<E>(response: Response<Body>) -> ResponseFuture<E> {
    ResponseFuture::new(async { Ok(response) })
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
