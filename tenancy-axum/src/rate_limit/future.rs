use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum_core::BoxError;
use axum_core::body::Body;
use http::Response;
use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use tenancy_core::limit::HeaderFields;

use crate::ResponseFuture;

pin_project! {
    /// The answer of [`RateLimitService`](super::RateLimitService) on its way.
    #[must_use = "futures do nothing unless awaited"]
    pub struct RateLimitFuture<F, E> {
        #[pin]
        stage: Stage<F, E>,
    }
}

pin_project! {
    #[project = StageOf]
    enum Stage<F, E> {
        // Decided at once, or under no limit: nothing of it is boxed.
        Serving {
            #[pin]
            serving: F,
            told: Option<HeaderFields>,
        },
        // Refused, or decided elsewhere first.
        Boxed {
            response: ResponseFuture<E>,
        },
    }
}

impl<F, E> RateLimitFuture<F, E> {
    /// Serves, and tells of the decision in the answer.
    pub(super) const fn serving(serving: F, told: Option<HeaderFields>) -> Self {
        Self { stage: Stage::Serving { serving, told } }
    }

    pub(super) const fn boxed(response: ResponseFuture<E>) -> Self {
        Self { stage: Stage::Boxed { response } }
    }
}

impl<F, R, E> Future for RateLimitFuture<F, E>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            StageOf::Boxed { response } => Pin::new(response).poll(cx),
            StageOf::Serving { serving, told } => {
                let mut response = ready!(serving.poll(cx))?.map(Body::new);
                if let Some(told) = told.take() {
                    told.set(response.headers_mut());
                }
                Poll::Ready(Ok(response))
            }
        }
    }
}

impl<F, E> fmt::Debug for RateLimitFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitFuture").finish_non_exhaustive()
    }
}
