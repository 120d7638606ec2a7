use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::body::Body;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tenancy_core::{Carried, Carrier};

/// A body that is read, and dropped, in the context and the span of its request.
pub(super) struct ContextBody(Carried<Body>);

impl ContextBody {
    pub(super) fn wrap(inner: Body, carrier: Carrier) -> Body {
        // Nothing of it will run.
        if inner.is_end_stream() {
            return inner;
        }
        Body::new(Self(carrier.carry(inner)))
    }
}

impl HttpBody for ContextBody {
    type Data = <Body as HttpBody>::Data;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.0).enter(|body| body.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.0.value().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.value().size_hint()
    }
}
