use std::mem;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::limit::{Decision, HeaderFields, Limit};
use tenancy_core::{Error, ErrorKind, Problem, Protocol, TenantContext, TenantId};
use tower_service::Service;

use super::{RateLimitFuture, RateLimitLayer, audit};
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
    type Future = RateLimitFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let protocol = Protocol::of(&parts.headers);
        let question = match Question::of(&self.layer, &parts) {
            Ok(question) => question,
            Err(error) => return ready_made(Problem::from(error).into_response_over(protocol)),
        };
        let Some(question) = question else {
            return RateLimitFuture::serving(
                self.inner.call(Request::from_parts(parts, body)),
                None,
            );
        };
        if let Some(decided) = question.try_local(&self.layer) {
            return match question.judge(decided, &self.layer, &parts, protocol) {
                Ok(told) => {
                    let request = Request::from_parts(parts, body);
                    RateLimitFuture::serving(self.inner.call(request), Some(told))
                }
                Err(refused) => ready_made(*refused),
            };
        }
        // The one that was polled ready serves; its clone is polled for the next request.
        let next = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        RateLimitFuture::boxed(ResponseFuture::new(async move {
            let decided = question.ask(&layer).await;
            match question.judge(decided, &layer, &parts, protocol) {
                Ok(told) => {
                    let serving = ready.call(Request::from_parts(parts, body));
                    RateLimitFuture::serving(serving, Some(told)).await
                }
                Err(refused) => Ok(*refused),
            }
        }))
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

    /// Returns what is told of an admission, or the answer that refuses.
    fn judge(
        &self,
        decided: Result<Decision, Error>,
        layer: &RateLimitLayer,
        parts: &Parts,
        protocol: Protocol,
    ) -> Result<HeaderFields, Box<Response<Body>>> {
        let broken = |error| Box::new(Problem::from(error).into_response_over(protocol));
        // Borrowed: a decision is large, and is not moved once more.
        let decision = match decided {
            Ok(ref decision) => decision,
            Err(error) => return Err(broken(of_ours(error))),
        };
        if decision.is_allowed() {
            return Ok(decision.header_fields());
        }
        if let Some(auditor) = &layer.auditor {
            let limit = &self.limits[decision.binding_index()];
            let context = TenantContext::attached(&parts.extensions).map_err(broken)?;
            audit::limited(auditor, self.tenant, limit, context, parts);
        }
        let mut response = refuse(decision, protocol);
        decision.header_fields().set(response.headers_mut());
        Err(Box::new(response))
    }
}

/// The caller has no part in these limits: what is wrong with them is not its mistake.
fn of_ours(error: Error) -> Error {
    if error.is_transient() {
        return error;
    }
    Error::new(ErrorKind::Internal, "check the rate limits").with_source(error)
}

fn ready_made<F, E>(response: Response<Body>) -> RateLimitFuture<F, E> {
    RateLimitFuture::boxed(ResponseFuture::new(async { Ok(response) }))
}

fn refuse(decision: &Decision, protocol: Protocol) -> Response<Body> {
    tracing::debug!(limit.policy = %decision.binding().name(), "request limited");
    Problem::rate_limited(decision.retry_after()).into_response_over(protocol)
}
