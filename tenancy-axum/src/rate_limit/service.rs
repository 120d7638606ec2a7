use std::fmt;
use std::mem;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::response::IntoResponse as _;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tenancy_core::limit::{Decision, RateLimiter};
use tenancy_core::{Error, ErrorKind, Problem, TenantContext};
use tower_service::Service;

use super::rules::Rules;
use crate::ResponseFuture;

/// The service of [`RateLimitLayer`](super::RateLimitLayer).
#[derive(Clone)]
pub struct RateLimitService<S> {
    pub(super) inner: S,
    pub(super) limiter: Arc<dyn RateLimiter>,
    pub(super) rules: Rules,
}

impl<S, B> Service<Request<B>> for RateLimitService<S>
where
    S: Service<Request<B>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
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
        let (limiter, rules) = (self.limiter.clone(), self.rules);
        ResponseFuture::new(async move {
            let decision = match decide(limiter.as_ref(), rules, request.extensions()).await {
                Ok(decision) => decision,
                Err(error) => return Ok(Problem::from(error).into_response()),
            };
            let Some(decision) = decision else { return ready.call(request).await };
            let mut response =
                if decision.is_allowed() { ready.call(request).await? } else { refuse(&decision) };
            tell(response.headers_mut(), &decision);
            Ok(response)
        })
    }
}

/// Decides over the limits of a request; `None` when it falls under none.
async fn decide(
    limiter: &dyn RateLimiter,
    rules: Rules,
    extensions: &http::Extensions,
) -> Result<Option<Decision>, Error> {
    let Some(context) = TenantContext::attached(extensions)? else { return Ok(None) };
    let limits = rules.limits(context);
    if limits.is_empty() {
        return Ok(None);
    }
    match limiter.check(context.tenant_id(), &limits, NonZeroU32::MIN).await {
        Ok(decision) => Ok(Some(decision)),
        Err(error) if error.is_transient() => Err(error),
        // The caller has no part in these limits: what is wrong with them is not its mistake.
        Err(error) => {
            Err(Error::new(ErrorKind::Internal, "check the rate limits").with_source(error))
        }
    }
}

fn refuse(decision: &Decision) -> Response<Body> {
    tracing::debug!(limit.policy = %decision.binding().name(), "request limited");
    Problem::rate_limited(decision.retry_after()).into_response()
}

fn tell(headers: &mut HeaderMap, decision: &Decision) {
    for (name, value) in decision.header_fields() {
        let value = HeaderValue::try_from(value).expect("a limit's name and numbers are ASCII");
        headers.insert(HeaderName::from_static(name), value);
    }
}

impl<S: fmt::Debug> fmt::Debug for RateLimitService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitService")
            .field("inner", &self.inner)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
