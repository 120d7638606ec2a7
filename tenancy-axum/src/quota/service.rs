use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::usage::{Meter, QuotaMeter, Reserved};
use tenancy_core::{Error, ErrorKind, Problem, Protocol, TenantContext};
use tower_service::Service;

use super::held::Held;
use super::layer::Demand;
use crate::ResponseFuture;

/// The service of [`QuotaLayer`](super::QuotaLayer).
#[derive(Clone)]
pub struct QuotaService<S> {
    pub(super) inner: S,
    pub(super) meter: Arc<dyn QuotaMeter>,
    pub(super) demand: Demand,
}

impl<S, B, R> Service<Request<B>> for QuotaService<S>
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
        let (meter, demand) = (self.meter.clone(), self.demand.clone());
        ResponseFuture::new(async move {
            let (parts, body) = request.into_parts();
            let held = match reserve(meter, &demand, &parts).await {
                Ok(held) => held,
                Err(error) => {
                    let protocol = Protocol::of(&parts.headers);
                    return Ok(Problem::from(error).into_response_over(protocol));
                }
            };
            let response = ready.call(Request::from_parts(parts, body)).await?;
            if let Some(held) = held
                && is_success(&response)
            {
                held.commit().await;
            }
            Ok(response.map(Body::new))
        })
    }
}

/// Reserves what a request uses; `None` when that is nothing.
async fn reserve(
    quotas: Arc<dyn QuotaMeter>,
    demand: &Demand,
    parts: &Parts,
) -> Result<Option<Held>, Error> {
    // First of all: a layer that is missing shows on every request.
    TenantContext::attached(&parts.extensions)?;
    let Some((meter, amount)) = demand(parts) else { return Ok(None) };
    let context = TenantContext::require_attached(&parts.extensions)?;
    let limit = context.tenant().limit(meter.as_str()).allowance();
    match quotas.reserve(context.tenant_id(), &meter, amount, limit).await? {
        Reserved::Held(reservation) => Ok(Some(Held::new(quotas, reservation))),
        Reserved::Exceeded(_) => Err(exceeded(meter)),
    }
}

fn exceeded(meter: Meter) -> Error {
    tracing::debug!(quota.meter = %meter, "quota exceeded");
    let message = "use more this month: the plan has no room for it";
    Error::new(ErrorKind::QuotaExceeded, message).with_subject(String::from(meter))
}

fn is_success<R>(response: &Response<R>) -> bool {
    let status = response.status();
    let grpc_failed = response.headers().get("grpc-status").is_some_and(|status| status != "0");
    (status.is_success() || status.is_redirection() || status.is_informational()) && !grpc_failed
}

impl<S: fmt::Debug> fmt::Debug for QuotaService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
