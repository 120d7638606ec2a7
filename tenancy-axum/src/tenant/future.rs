use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum_core::BoxError;
use axum_core::body::Body;
use http::{HeaderValue, Response};
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use tenancy_core::Carried;

use super::context_body::ContextBody;
use super::request_id::X_REQUEST_ID;
use crate::ResponseFuture;

pin_project! {
    /// The answer of [`TenantService`](super::TenantService) on its way.
    #[must_use = "futures do nothing unless awaited"]
    pub struct TenantFuture<F, E> {
        #[pin]
        stage: Stage<F, E>,
    }
}

pin_project! {
    #[project = StageOf]
    enum Stage<F, E> {
        // The tenant was remembered: nothing of it is boxed.
        Serving {
            #[pin]
            serving: Carried<F>,
            id: HeaderValue,
        },
        // Refused, or looked up first.
        Boxed {
            response: ResponseFuture<E>,
        },
    }
}

impl<F, E> TenantFuture<F, E> {
    /// Serves in a context, and names the request in the answer.
    #[inline]
    pub(super) const fn serving(serving: Carried<F>, id: HeaderValue) -> Self {
        Self { stage: Stage::Serving { serving, id } }
    }

    pub(super) const fn boxed(response: ResponseFuture<E>) -> Self {
        Self { stage: Stage::Boxed { response } }
    }
}

impl<F, R, E> Future for TenantFuture<F, E>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            StageOf::Boxed { response } => Pin::new(response).poll(cx),
            StageOf::Serving { mut serving, id } => {
                let (mut parts, body) = ready!(serving.as_mut().poll(cx))?.into_parts();
                // Taken: a copy of a value that is nobody else's allocates.
                let id = mem::replace(id, HeaderValue::from_static(""));
                parts.headers.insert(X_REQUEST_ID, id);
                let body = match serving.take_carrier() {
                    Some(carrier) if carrier.context().is_some() => {
                        ContextBody::wrap(Body::new(body), carrier)
                    }
                    _ => Body::new(body),
                };
                Poll::Ready(Ok(Response::from_parts(parts, body)))
            }
        }
    }
}

impl<F, E> fmt::Debug for TenantFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantFuture").finish_non_exhaustive()
    }
}
