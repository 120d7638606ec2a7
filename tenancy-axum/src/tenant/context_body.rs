use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::body::Body;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tenancy_core::TenantContext;
use tracing::Span;

/// A body that is read, and dropped, in the context and the span of its request.
pub(super) struct ContextBody {
    /// `None` only while it is dropped.
    inner: Option<Body>,
    context: TenantContext,
    span: Span,
}

impl ContextBody {
    pub(super) fn wrap(inner: Body, context: TenantContext, span: Span) -> Body {
        // Nothing of it will run.
        if inner.is_end_stream() {
            return inner;
        }
        Body::new(Self { inner: Some(inner), context, span })
    }
}

impl HttpBody for ContextBody {
    type Data = <Body as HttpBody>::Data;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Self { inner, context, span } = &mut *self;
        let Some(inner) = inner else { return Poll::Ready(None) };
        let _entered = span.enter();
        context.clone().sync_scope(|| Pin::new(inner).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::new, HttpBody::size_hint)
    }
}

impl Drop for ContextBody {
    fn drop(&mut self) {
        let inner = self.inner.take();
        let _entered = self.span.enter();
        self.context.clone().sync_scope(|| drop(inner));
    }
}
