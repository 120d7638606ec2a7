use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::resolve::{Refused, Resolution};
use tenancy_core::{Carrier, Error, ErrorKind, Problem, Protocol, RequestId, TenantContext};
use tower_service::Service;
use tracing::{Instrument as _, Span};

use super::TenantFuture;
use super::failures::{self, FailureLimit};
use super::request_id;
use super::settings::Settings;
use crate::ResponseFuture;

/// The service of [`TenantLayer`](super::TenantLayer).
#[derive(Debug, Clone)]
pub struct TenantService<S> {
    pub(super) inner: S,
    pub(super) settings: Arc<Settings>,
}

impl<S, B, R> Service<Request<B>> for TenantService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    R: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = TenantFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let id = request_id::of(&parts);
        parts.extensions.insert(id.clone());
        if let Some(audit) = &self.settings.audit {
            audit.attach(&mut parts.extensions);
        }
        let span = request_span(&id);
        // Who is remembered is served without a future of its own for that.
        if let Some(found) = span.in_scope(|| try_admit(&self.settings, &parts, &id)) {
            return serve(found, span, &mut self.inner, Request::from_parts(parts, body), &id);
        }
        // The one that was polled ready serves; its clone is polled for the next request.
        let next = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, next);
        let settings = self.settings.clone();
        TenantFuture::boxed(ResponseFuture::new(async move {
            let admitting = admit(&settings, &parts, &id).instrument(span.clone());
            let found = admitting.await;
            serve(found, span, &mut ready, Request::from_parts(parts, body), &id).await
        }))
    }
}

/// Serves for the tenant that was found, in its context and in the span of the request.
fn serve<S, B>(
    found: Result<Option<TenantContext>, Problem>,
    span: Span,
    inner: &mut S,
    mut request: Request<B>,
    id: &RequestId,
) -> TenantFuture<S::Future, S::Error>
where
    S: Service<Request<B>>,
{
    let context = match found {
        Ok(context) => context,
        Err(problem) => {
            let mut refused = span.in_scope(|| refuse(problem, Protocol::of(request.headers())));
            request_id::set(refused.headers_mut(), id);
            return TenantFuture::boxed(ResponseFuture::new(async { Ok(refused) }));
        }
    };
    TenantContext::attach(context.clone(), request.extensions_mut());
    // The span of the request names the tenant already. A request for nobody is served in no
    // context, also where the application is called within a tenant's work.
    let mut carrier = Carrier::new(context, span);
    let id = request_id::value(id);
    // The call too, and not just its future, is in the context.
    let serving = carrier.enter(|| inner.call(request));
    TenantFuture::serving(carrier.carry(serving), id)
}

/// Makes the span of a request. The tenant's fields are filled in once it is known.
fn request_span(id: &RequestId) -> Span {
    // At the highest level: a filter that lets an error through must not take its tenant away.
    tracing::error_span!(
        "request",
        request.id = %id,
        tenant.id = tracing::field::Empty,
        resolved_via = tracing::field::Empty,
    )
}

/// Finds the tenant where nobody must be waited for.
fn try_admit(
    settings: &Settings,
    parts: &Parts,
    id: &RequestId,
) -> Option<Result<Option<TenantContext>, Problem>> {
    if settings.failures.is_some() {
        return None;
    }
    let found = settings.chain.try_resolve(parts, parts.extensions.get())?;
    Some(judge(found, settings, parts, id).map_err(Problem::from))
}

/// Finds the tenant, unless the caller has failed too often.
async fn admit(
    settings: &Settings,
    parts: &Parts,
    id: &RequestId,
) -> Result<Option<TenantContext>, Problem> {
    match &settings.failures {
        None => Ok(find(settings, parts, id).await?),
        Some(failures) => admit_within(failures, settings, parts, id).await,
    }
}

async fn admit_within(
    failures: &FailureLimit,
    settings: &Settings,
    parts: &Parts,
    id: &RequestId,
) -> Result<Option<TenantContext>, Problem> {
    let address = failures.proxies.client_addr(parts);
    let left = failures.peek(address).await?;
    if !left.is_allowed() {
        if let Some(audit) = &settings.audit {
            audit.failures_limited(address, id);
        }
        return Err(Problem::rate_limited(left.retry_after()));
    }
    let found = find(settings, parts, id).await;
    if let Err(error) = &found
        && failures::is_failure(error.kind())
    {
        failures.charge(address).await;
    }
    Ok(found?)
}

async fn find(
    settings: &Settings,
    parts: &Parts,
    id: &RequestId,
) -> Result<Option<TenantContext>, Error> {
    let found = settings.chain.resolve_or_refuse(parts, parts.extensions.get()).await;
    judge(found, settings, parts, id)
}

/// Makes the context, and asks whether the tenant's status admits this request.
fn judge(
    found: Result<Option<Resolution>, Refused>,
    settings: &Settings,
    parts: &Parts,
    id: &RequestId,
) -> Result<Option<TenantContext>, Error> {
    let outer = parts.extensions.get::<TenantContext>();
    let found = found.map_err(|refused| {
        if let Some(audit) = &settings.audit {
            audit.refused(&refused, outer, settings.chain.client_addr(parts), id);
        }
        Error::from(refused)
    })?;
    let context = match (found, outer) {
        (None, None) => return Ok(None),
        (None, Some(outer)) => outer.clone(),
        (Some(found), Some(outer)) if found.trust() < outer.trust() => outer.clone(),
        (Some(found), _) => found.into_context(Some(id.clone())),
    };
    let span = Span::current();
    span.record("tenant.id", tracing::field::display(context.tenant_id()));
    span.record("resolved_via", context.resolved_via().as_str());
    match context.tenant().status().admit(!parts.method.is_safe()) {
        Err(error) if is_lifted(error.kind()) && settings.is_exempt(parts) => {}
        Err(error) => {
            if let Some(audit) = &settings.audit {
                audit.status_refused(&context, &error);
            }
            return Err(error);
        }
        Ok(()) => {}
    }
    if let Some(audit) = &settings.audit {
        audit.resolved(&context);
    }
    Ok(Some(context))
}

/// Tells whether a marked request passes all the same.
const fn is_lifted(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::TenantSuspended | ErrorKind::TenantReadOnly)
}

/// Answers and logs a refusal; what lies behind a 5xx is logged by [`Problem`] itself.
fn refuse(problem: Problem, protocol: Protocol) -> Response<Body> {
    let contradicts =
        problem.cause().is_some_and(|error| error.kind() == ErrorKind::TenantMismatch);
    let reason = problem.cause().map(tracing::field::display);
    if contradicts {
        tracing::warn!(problem.code = problem.code(), reason, "tenant refused");
    } else if problem.status() < 500 {
        tracing::info!(problem.code = problem.code(), reason, "tenant refused");
    }
    problem.into_response_over(protocol)
}
