use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum_core::BoxError;
use axum_core::body::Body;
use http::Response;
use http_body::Body as HttpBody;

use super::counted_body::CountedBody;
use super::tally::TallyShare;
use crate::ResponseFuture;

/// The answer of [`UsageService`](super::UsageService) on its way.
///
/// What serves is boxed here, where it mostly is a route of axum and large: the layers around
/// this one move it several times before it runs.
#[must_use = "futures do nothing unless awaited"]
pub struct UsageFuture<F, E>(Stage<F, E>);

enum Stage<F, E> {
    Serving { serving: Pin<Box<F>>, tally: Option<TallyShare> },
    Refused { response: ResponseFuture<E> },
}

impl<F, E> UsageFuture<F, E> {
    /// Serves, and counts the answer.
    pub(super) fn serving(serving: F, tally: Option<TallyShare>) -> Self {
        Self(Stage::Serving { serving: Box::pin(serving), tally })
    }

    pub(super) fn refused(response: Response<Body>) -> Self {
        Self(Stage::Refused { response: ResponseFuture::new(async { Ok(response) }) })
    }
}

impl<F, R, E> Future for UsageFuture<F, E>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: HttpBody<Data = <Body as HttpBody>::Data> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Stage::Refused { response } => Pin::new(response).poll(cx),
            Stage::Serving { serving, tally } => {
                let response = ready!(serving.as_mut().poll(cx));
                // From here on only the body counts: the call is over when that is.
                let tally = tally.take();
                Poll::Ready(response.map(|response| {
                    response.map(|body| match tally {
                        Some(tally) => CountedBody::wrap(Body::new(body), tally),
                        None => Body::new(body),
                    })
                }))
            }
        }
    }
}

impl<F, E> fmt::Debug for UsageFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageFuture").finish_non_exhaustive()
    }
}
