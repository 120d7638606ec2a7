use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use axum_core::body::Body;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tenancy_core::{Error, ErrorKind, Problem, Protocol, TenantContext};
use tower_service::Service;

use super::gate::Gate;
use super::held_body::HeldBody;
use super::layer::{Exemption, Hold};
use super::slot::Slot;
use crate::ResponseFuture;

/// The service of [`FairShareLayer`](super::FairShareLayer).
#[derive(Clone)]
pub struct FairShareService<S> {
    pub(super) inner: S,
    pub(super) gate: Arc<Gate>,
    pub(super) exempt: Option<Exemption>,
    pub(super) hold: Hold,
}

impl<S, B, R> Service<Request<B>> for FairShareService<S>
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

    /// Is always ready: the inner service is asked when a request's turn has come. One that
    /// reserves something when it is polled would reserve it for those who wait.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { mut inner, gate, exempt, hold } = self.clone();
        ResponseFuture::new(async move {
            let (parts, body) = request.into_parts();
            let slot = match enter(&gate, exempt.as_ref(), &parts).await {
                Ok(slot) => slot,
                Err(error) => {
                    let protocol = Protocol::of(&parts.headers);
                    return Ok(refuse(error, &gate).into_response_over(protocol));
                }
            };
            poll_fn(|cx| inner.poll_ready(cx)).await?;
            let response = inner.call(Request::from_parts(parts, body)).await?.map(Body::new);
            Ok(match (hold, slot) {
                (Hold::ToTheEnd, Some(slot)) => response.map(|body| HeldBody::wrap(body, slot)),
                _ => response,
            })
        })
    }
}

/// Waits for a slot; `None` when none is needed.
async fn enter(
    gate: &Arc<Gate>,
    exempt: Option<&Exemption>,
    parts: &Parts,
) -> Result<Option<Slot>, Error> {
    // First of all: a layer that is missing shows on every request.
    let context = TenantContext::attached(&parts.extensions)?;
    if exempt.is_some_and(|exempt| exempt(parts)) {
        return Ok(None);
    }
    gate.enter(context).await.map(Some)
}

fn refuse(error: Error, gate: &Gate) -> Problem {
    if error.kind() == ErrorKind::Overloaded {
        Problem::from(error).with_retry_after(gate.retry_after())
    } else {
        error.into()
    }
}

impl<S: fmt::Debug> fmt::Debug for FairShareService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairShareService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
