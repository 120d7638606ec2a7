//! What is dropped is dropped in its context, however far it got.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tenancy_core::{Carried, Carrier};

use super::{slug, two};

/// Says where it is dropped.
#[derive(Clone)]
struct LastLook(Arc<Mutex<Vec<String>>>);

impl LastLook {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Looking(LastLook);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().push(slug());
    }
}

impl Future for Looking {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

#[tokio::test]
async fn before_its_first_poll_half_way_and_at_its_end() {
    let look = LastLook::new();
    for context in two() {
        let name = [context.tenant().slug().to_string()];
        let future = || context.clone().scope(Looking(look.clone()));
        drop(future());
        assert_eq!(look.seen(), name, "before its first poll");

        let mut half_way = Box::pin(future());
        assert!(half_way.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(half_way);
        assert_eq!(look.seen(), name, "half-way");

        let looking = Looking(look.clone());
        context.clone().scope(async move { drop(looking) }).await;
        assert_eq!(look.seen(), name, "at its end");

        let task = tokio::spawn(future());
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(look.seen(), name, "an aborted task");
    }
}

#[test]
fn in_another_tenants_work_and_in_nobodys() {
    let look = LastLook::new();
    let [north, south] = two();
    let of_north = north.clone().scope(Looking(look.clone()));
    let of_nobody = Carrier::current().carry(Looking(look.clone()));
    south.sync_scope(|| {
        drop(of_north);
        drop(of_nobody);
        assert_eq!(slug(), "south");
    });
    assert_eq!(look.seen(), ["north", "-"]);
}

#[test]
fn a_function_that_is_never_called() {
    let look = LastLook::new();
    for context in two() {
        let looking = Looking(look.clone());
        drop(Carrier::of(context.clone()).carry_fn(move || drop(looking)));
        assert_eq!(look.seen(), [context.tenant().slug().as_str()]);
    }
}

#[test]
fn not_what_was_taken_out() {
    let look = LastLook::new();
    let [north, south] = two();
    let (carrier, looking) = Carrier::of(north).carry(Looking(look.clone())).into_parts();
    south.sync_scope(|| drop(looking));
    assert_eq!(look.seen(), ["south"]);
    assert_eq!(carrier.run(slug), "north");
}

thread_local! {
    static KEPT: RefCell<Option<Carried<Looking>>> = const { RefCell::new(None) };
}

/// While a thread ends its own places go, one after the other: none of it may abort the program.
#[test]
fn when_its_thread_ends() {
    let look = LastLook::new();
    for context in two() {
        for enters_first in [true, false] {
            let (context, looking) = (context.clone(), Looking(look.clone()));
            let thread = std::thread::spawn(move || {
                if enters_first {
                    context.clone().sync_scope(slug);
                }
                let carried = Carrier::new(Some(context), tracing::Span::none()).carry(looking);
                KEPT.with(|kept| *kept.borrow_mut() = Some(carried));
            });
            thread.join().unwrap();
            assert_eq!(look.seen().len(), 1);
        }
    }
}
