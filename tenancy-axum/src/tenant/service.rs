use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::response::IntoResponse as _;
use http::request::Parts;
use http::{Request, Response};
use tenancy_core::{Error, ErrorKind, Problem, RequestId, ResolverChain, TenantContext};
use tower_service::Service;
use tracing::Instrument as _;

use super::request_id;
use crate::ResponseFuture;

/// The service of [`TenantLayer`](super::TenantLayer).
#[derive(Debug, Clone)]
pub struct TenantService<S> {
    pub(super) inner: S,
    pub(super) chain: Arc<ResolverChain>,
}

impl<S, B> Service<Request<B>> for TenantService<S>
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
        let ready = mem::replace(&mut self.inner, next);
        ResponseFuture::new(serve(self.chain.clone(), ready, request))
    }
}

async fn serve<S, B>(
    chain: Arc<ResolverChain>,
    inner: S,
    request: Request<B>,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    let (mut parts, body) = request.into_parts();
    let id = request_id::of(&parts);
    parts.extensions.insert(id.clone());
    let span = request_span(&id);
    let answer = async {
        match admit(&chain, &parts, &id).await {
            Ok(context) => enter(context, inner, parts, body).await,
            Err(error) => Ok(refuse(error)),
        }
    };
    let mut response = answer.instrument(span).await?;
    request_id::set(response.headers_mut(), &id);
    Ok(response)
}

/// Makes the span of a request. The tenant's fields are filled in once it is known.
fn request_span(id: &RequestId) -> tracing::Span {
    // At the highest level: a filter that lets an error through must not take its tenant away.
    tracing::error_span!(
        "request",
        request.id = %id,
        tenant.id = tracing::field::Empty,
        resolved_via = tracing::field::Empty,
    )
}

/// Finds the tenant and asks whether its status admits this request.
async fn admit(
    chain: &ResolverChain,
    parts: &Parts,
    id: &RequestId,
) -> Result<Option<TenantContext>, Error> {
    let outer = parts.extensions.get::<TenantContext>();
    let context = match (chain.resolve_within(parts, outer).await?, outer) {
        (None, None) => return Ok(None),
        (None, Some(outer)) => outer.clone(),
        (Some(found), Some(outer)) if found.trust() < outer.trust() => outer.clone(),
        (Some(found), _) => found.into_context(Some(id.clone())),
    };
    let span = tracing::Span::current();
    span.record("tenant.id", tracing::field::display(context.tenant_id()));
    span.record("resolved_via", context.resolved_via().as_str());
    context.tenant().status().admit(!parts.method.is_safe())?;
    Ok(Some(context))
}

async fn enter<S, B>(
    context: Option<TenantContext>,
    mut inner: S,
    mut parts: Parts,
    body: B,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    TenantContext::attach(context.clone(), &mut parts.extensions);
    // Inside the async block, so that the call too, and not just its future, is in the context.
    let serving = async { inner.call(Request::from_parts(parts, body)).await };
    match context {
        Some(context) => context.scope(serving).await,
        None => serving.await,
    }
}

/// Answers and logs a refusal; what lies behind a 5xx is logged by [`Problem`] itself.
fn refuse(error: Error) -> Response<Body> {
    let contradicts = error.kind() == ErrorKind::TenantMismatch;
    let problem = Problem::from(error);
    let reason = problem.cause().map(tracing::field::display);
    if contradicts {
        tracing::warn!(problem.code = problem.code(), reason, "tenant refused");
    } else if problem.status() < 500 {
        tracing::info!(problem.code = problem.code(), reason, "tenant refused");
    }
    problem.into_response()
}
