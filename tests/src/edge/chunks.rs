//! Bodies that come piece by piece.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http::HeaderMap;
use http_body::Frame;

/// A body of such pieces, with a pause before each, and trailers behind them.
pub(super) struct Chunks {
    frames: VecDeque<Frame<Bytes>>,
    paused: bool,
}

impl Chunks {
    pub(super) fn of(sizes: &[usize]) -> Body {
        let piece = |size: &usize| Frame::data(Bytes::from("x".repeat(*size)));
        let trailers =
            HeaderMap::from_iter([("x-checksum".parse().unwrap(), "17".parse().unwrap())]);
        let frames = sizes.iter().map(piece).chain([Frame::trailers(trailers)]);
        Body::new(Self { frames: frames.collect(), paused: false })
    }
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.paused = !self.paused;
        if self.paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.frames.pop_front().map(Ok))
    }
}
