use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum_core::body::Body;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::tally::TallyShare;

/// A body whose bytes are counted as they pass.
pub(super) struct CountedBody {
    inner: Body,
    tally: TallyShare,
}

impl CountedBody {
    pub(super) fn wrap(inner: Body, tally: TallyShare) -> Body {
        // Nothing of it will pass.
        if inner.is_end_stream() {
            return inner;
        }
        Body::new(Self { inner, tally })
    }
}

impl HttpBody for CountedBody {
    type Data = <Body as HttpBody>::Data;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.tally.add(data.len());
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
