use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum_core::body::Body;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::slot::Slot;

/// A body that holds a slot until it ends or is dropped.
pub(super) struct HeldBody {
    inner: Body,
    /// `None` after the end.
    slot: Option<Slot>,
}

impl HeldBody {
    pub(super) fn wrap(inner: Body, slot: Slot) -> Body {
        // Nothing of it will be read.
        if inner.is_end_stream() {
            return inner;
        }
        Body::new(Self { inner, slot: Some(slot) })
    }
}

impl HttpBody for HeldBody {
    type Data = <Body as HttpBody>::Data;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        // A server asks no further once the body says that it has ended.
        if !matches!(frame, Some(Ok(_))) || self.inner.is_end_stream() {
            self.slot = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
