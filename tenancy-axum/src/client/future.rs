use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::BoxError;
use pin_project_lite::pin_project;
use tenancy_core::Error;

pin_project! {
    /// The response of a [`PropagateService`](super::PropagateService).
    ///
    /// # Cancel safety
    ///
    /// As the client's own future.
    #[must_use = "futures do nothing unless awaited"]
    pub struct PropagateFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Sent { #[pin] response: F },
        Unsent { error: Option<Error> },
    }
}

impl<F> PropagateFuture<F> {
    pub(super) const fn sent(response: F) -> Self {
        Self { state: State::Sent { response } }
    }

    pub(super) const fn unsent(error: Error) -> Self {
        Self { state: State::Unsent { error: Some(error) } }
    }
}

impl<F, R, E> Future for PropagateFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { response } => response.poll(cx).map_err(Into::into),
            StateProj::Unsent { error } => {
                let error = error.take().expect("a future is not polled after it is done");
                Poll::Ready(Err(error.into()))
            }
        }
    }
}

impl<F> fmt::Debug for PropagateFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PropagateFuture").finish_non_exhaustive()
    }
}
