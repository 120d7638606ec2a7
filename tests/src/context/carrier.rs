//! Where a context goes, and where it does not.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;

use futures_core::Stream;
use tenancy_core::{Carrier, ErrorKind, TenantContext};
use tokio::task::{JoinSet, LocalSet, spawn_local, yield_now};

use super::{slug, two};

/// Says three times where it is polled.
struct Looks(u8);

impl Stream for Looks {
    type Item = String;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<String>> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
        self.0 = left;
        Poll::Ready(Some(slug()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.0), Some(usize::from(self.0)))
    }
}

fn next<S: Stream>(stream: Pin<&mut S>) -> Option<S::Item> {
    match stream.poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(item) => item,
        Poll::Pending => panic!("the stream of this test is always ready"),
    }
}

async fn looks_twice() -> String {
    let first = slug();
    yield_now().await;
    format!("{first} {}", slug())
}

#[tokio::test]
async fn it_goes_to_tasks_threads_sets_and_pools() {
    for context in two() {
        let name = context.tenant().slug().to_string();
        let everywhere = context.scope(async {
            let carrier = Carrier::current();
            let mut set = JoinSet::new();
            set.spawn(carrier.clone().carry(looks_twice()));
            set.spawn(looks_twice());
            let in_set = set.join_all().await;
            let local = LocalSet::new();
            let in_local = local.run_until(async {
                spawn_local(carrier.clone().carry(looks_twice())).await.unwrap()
            });
            let in_local = in_local.await;
            let scoped = thread::scope(|threads| {
                let taken = threads.spawn(carrier.clone().carry_fn(slug)).join().unwrap();
                let plain = threads.spawn(slug).join().unwrap();
                format!("{taken} {plain}")
            });
            let thread = thread::spawn(carrier.clone().carry_fn(slug)).join().unwrap();
            let task = TenantContext::spawn(looks_twice()).await.unwrap();
            let blocking = TenantContext::spawn_blocking(slug).await.unwrap();
            assert_eq!(carrier.context().unwrap().tenant().slug().as_str(), slug());
            (in_set, in_local, scoped, thread, task, blocking)
        });
        let (mut in_set, local, scoped, thread, task, blocking) = everywhere.await;
        in_set.sort();
        let both = format!("{name} {name}");
        assert_eq!(in_set, ["- -".to_owned(), both.clone()]);
        assert_eq!((local, task), (both.clone(), both));
        assert_eq!((scoped, thread, blocking), (format!("{name} -"), name.clone(), name));
        assert_eq!(slug(), "-");
    }
}

#[test]
fn a_stream_is_read_in_it_wherever_it_is_read() {
    let [north, south] = two();
    let stream = north.sync_scope(|| Carrier::current().carry(Looks(3)));
    assert_eq!(stream.size_hint(), (3, Some(3)));
    let mut stream = pin!(stream);
    assert_eq!(next(stream.as_mut()).unwrap(), "north");
    let in_south = south.sync_scope(|| (slug(), next(stream.as_mut()).unwrap(), slug()));
    assert_eq!(in_south, ("south".into(), "north".into(), "south".into()));
    assert_eq!(
        thread::scope(|all| all.spawn(|| next(stream.as_mut())).join().unwrap()).unwrap(),
        "north"
    );
    assert!(next(stream).is_none());
    assert_eq!(slug(), "-");
}

/// The one that is dangerous: work of nobody that runs within somebody's.
#[tokio::test]
async fn a_carrier_of_nothing_carries_nothing_also_within_a_tenants_work() {
    let nothing = Carrier::current();
    assert!(nothing.context().is_none());
    let future = nothing.clone().carry(looks_twice());
    let mut stream = pin!(nothing.clone().carry(Looks(1)));
    let call = nothing.clone().carry_fn(slug);
    let [north, south] = two();
    north
        .scope(async {
            assert_eq!(nothing.run(slug), "-");
            let none = nothing.run(|| TenantContext::current().unwrap_err().kind());
            assert_eq!(none, ErrorKind::TenantRequired);
            assert_eq!(future.await, "- -");
            assert_eq!(next(stream.as_mut()).unwrap(), "-");
            assert_eq!(call(), "-");
            let deeper = nothing.run(|| south.sync_scope(slug) + &slug());
            assert_eq!(deeper, "south-");
            assert_eq!(slug(), "north");
        })
        .await;
}

#[tokio::test]
async fn nested_ones_come_back_in_order() {
    let [north, south] = two();
    let trace = north.clone().scope(async {
        let before = slug();
        let inner = south.clone().scope(async {
            let carrier = Carrier::new(Some(north.clone()), tracing::Span::none());
            let deeper = carrier.carry(looks_twice()).await;
            [deeper, looks_twice().await].join(" ")
        });
        [before, inner.await, slug()].join(" ")
    });
    assert_eq!(trace.await, "north north north south south north");
}

/// Two on one thread, each polled while the other is half-way.
#[test]
fn futures_that_take_turns_keep_theirs() {
    let [mut north, mut south] = two().map(|context| Box::pin(context.scope(looks_twice())));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(north.as_mut().poll(cx).is_pending());
    assert!(south.as_mut().poll(cx).is_pending());
    assert_eq!(slug(), "-");
    assert_eq!(north.as_mut().poll(cx), Poll::Ready("north north".to_owned()));
    assert_eq!(south.as_mut().poll(cx), Poll::Ready("south south".to_owned()));
}

#[tokio::test]
async fn a_panic_leaves_nothing_behind() {
    for context in two() {
        let name = context.tenant().slug().to_string();
        let carrier = context.scope(async { Carrier::current() }).await;
        let in_run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            carrier.run(|| assert_eq!(slug(), "-", "the panic of this test"));
        }));
        assert!(in_run.is_err());
        assert_eq!(slug(), "-");
        // On this very thread: the runtime has only one.
        let in_task = tokio::spawn(carrier.clone().carry(async {
            yield_now().await;
            assert_eq!(slug(), "-", "the panic of this test");
        }));
        assert!(in_task.await.unwrap_err().is_panic());
        assert_eq!(slug(), "-");
        // It still works afterwards.
        assert_eq!(carrier.run(slug), name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_that_move_between_threads_keep_theirs() {
    let contexts = two();
    let mut set = JoinSet::new();
    for turn in 0..100 {
        let context = contexts[turn % 2].clone();
        let name = context.tenant().slug().to_string();
        set.spawn(context.scope(async move {
            for _ in 0..50 {
                assert_eq!(slug(), name);
                let spawned = TenantContext::spawn(async { slug() });
                yield_now().await;
                assert_eq!(spawned.await.unwrap(), name);
            }
        }));
    }
    set.join_all().await;
}
