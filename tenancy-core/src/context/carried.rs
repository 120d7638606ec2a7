use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;
use tracing::Span;

use super::Carrier;

pin_project! {
    /// Something that is polled, and dropped, in the context it was made in.
    ///
    /// It is a future where the value is one, and a stream where the value is one. Made by
    /// [`Carrier::carry`], and by [`TenantContext::scope`](super::TenantContext::scope).
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the value inside the context and leaves nothing behind on the thread. A
    /// future is dropped, there too, as soon as it is done.
    #[must_use = "futures and streams do nothing unless polled"]
    pub struct Carried<T> {
        carrier: Carrier,
        // `None` only when it is done, dropped, or taken apart.
        #[pin]
        value: Option<T>,
    }

    impl<T> PinnedDrop for Carried<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.value.is_some() {
                this.carrier.enter(|| this.value.set(None));
            }
        }
    }
}

impl<T> Carried<T> {
    #[inline]
    pub(super) const fn new(carrier: Carrier, value: T) -> Self {
        Self { carrier, value: Some(value) }
    }

    /// Runs a function on the value, in the context.
    pub fn enter<R>(self: Pin<&mut Self>, run: impl FnOnce(Pin<&mut T>) -> R) -> R {
        let this = self.project();
        let value = there(this.value.as_pin_mut());
        this.carrier.enter(|| run(value))
    }

    /// Returns the value, outside of the context.
    pub fn value(&self) -> &T {
        there(self.value.as_ref())
    }

    /// Returns the context it runs in, and its span.
    pub const fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    /// Takes the context, and its span, out of a future that is done; `None` before that.
    pub fn take_carrier(self: Pin<&mut Self>) -> Option<Carrier> {
        let this = self.project();
        if this.value.is_some() {
            return None;
        }
        Some(mem::replace(this.carrier, Carrier::new(None, Span::none())))
    }

    /// Takes it apart: the value is in no context any more.
    pub fn into_parts(mut self) -> (Carrier, T) {
        let value = there(self.value.take());
        (mem::replace(&mut self.carrier, Carrier::new(None, Span::none())), value)
    }
}

fn there<T>(value: Option<T>) -> T {
    value.expect("the value is there until it is done, dropped or taken")
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        this.carrier.enter(|| {
            let polled = there(this.value.as_mut().as_pin_mut()).poll(cx);
            if polled.is_ready() {
                // Here, where the context is: it need not be entered once more for that.
                this.value.set(None);
            }
            polled
        })
    }
}

impl<S: Stream> Stream for Carried<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.enter(|stream| stream.poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.value().size_hint()
    }
}

impl<T> fmt::Debug for Carried<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").field("carrier", &self.carrier).finish_non_exhaustive()
    }
}
