//! The context inside a request, and nothing of it afterwards.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get as route_get;
use tenancy_axum::{CurrentTenant, TenantLayer};
use tenancy_core::{
    DirectoryEntry, Error, MemoryDirectory, TenantContext, TenantDirectory, TenantKey, async_trait,
};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tower::ServiceExt as _;

use super::answer::send;
use crate::resolve::strategy::{Strategy, bearer};
use crate::resolve::world::{World, X_API_KEY, get};

fn slug() -> String {
    TenantContext::try_current()
        .map_or("-".to_owned(), |context| context.tenant().slug().to_string())
}

#[tokio::test]
async fn it_is_there_in_the_handler_and_in_what_the_handler_starts() {
    async fn everywhere() -> String {
        let before = slug();
        yield_now().await;
        let task = TenantContext::spawn(async {
            yield_now().await;
            slug()
        });
        let thread = TenantContext::spawn_blocking(slug);
        let plain = tokio::spawn(async { slug() });
        let (task, thread, plain) = (task.await, thread.await, plain.await);
        [before, slug(), task.unwrap(), thread.unwrap(), plain.unwrap()].join(" ")
    }
    let world = World::new();
    let app =
        Router::new().route("/", route_get(everywhere)).layer(TenantLayer::new(world.chain()));
    for strategy in Strategy::of_headers() {
        let north = send(&app, strategy.naming(&world, &world.north, get())).await;
        assert_eq!(north.body, "north north north north -");
        let south = send(&app, strategy.naming(&world, &world.south, get())).await;
        assert_eq!(south.body, "south south south south -");
    }
    assert_eq!(send(&app, get()).await.body, "- - - - -");
    assert_eq!(slug(), "-");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tenants_do_not_mix_when_their_requests_interleave() {
    async fn look_often(tenant: CurrentTenant) -> String {
        for _ in 0..50 {
            assert_eq!(slug(), tenant.slug().as_str());
            yield_now().await;
        }
        slug()
    }
    let world = Arc::new(World::new());
    let app =
        Router::new().route("/", route_get(look_often)).layer(TenantLayer::new(world.chain()));
    let requests = (0..200).map(|turn| {
        let (app, world) = (app.clone(), world.clone());
        tokio::spawn(async move {
            let member = if turn % 2 == 0 { &world.north } else { &world.south };
            let strategy = Strategy::of_headers().cycle().nth(turn).unwrap();
            let answer = send(&app, strategy.naming(&world, member, get())).await;
            assert_eq!(answer.body, member.slug);
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
}

/// Such as in a test, or where one part of a program calls another in process.
#[tokio::test]
async fn a_request_for_nobody_is_served_in_no_context_wherever_it_is_called() {
    let world = World::new();
    let app =
        Router::new().route("/", route_get(async || slug())).layer(TenantLayer::new(world.chain()));
    for (member, other) in [(&world.north, &world.south), (&world.south, &world.north)] {
        let around = crate::resolve::envelope::context(member.id, member.slug);
        let inside = around.scope(async {
            let nobodys = send(&app, get()).await.body;
            let others = send(&app, bearer(get(), other.key.reveal())).await.body;
            [nobodys, others, slug()].join(" ")
        });
        assert_eq!(inside.await, format!("- {} {}", other.slug, member.slug));
    }
}

#[tokio::test]
async fn a_panicking_handler_leaves_nothing_behind() {
    async fn at_once() {
        assert_eq!(slug(), "-", "the handler panics here");
    }
    async fn later() {
        yield_now().await;
        assert_eq!(slug(), "-", "the handler panics here");
    }
    let world = World::new();
    let app = Router::new()
        .route("/at_once", route_get(at_once))
        .route("/later", route_get(later))
        .route("/", route_get(async || slug()))
        .layer(TenantLayer::new(world.chain()));
    for path in ["/at_once", "/later"] {
        let (app_of_task, request) = (app.clone(), bearer(get(), world.north.key.reveal()));
        // On this thread: the runtime has only one.
        let task = tokio::spawn(async move { send(&app_of_task, request.uri(path)).await });
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!(slug(), "-");
        assert_eq!(send(&app, get()).await.body, "-");
        assert_eq!(send(&app, bearer(get(), world.south.key.reveal())).await.body, "south");
    }
}

/// Looks for a context when it is dropped.
struct LooksBack(Arc<Mutex<Vec<String>>>);

impl Drop for LooksBack {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(slug());
    }
}

#[tokio::test]
async fn a_cancelled_request_is_dropped_in_its_context_and_leaves_none() {
    async fn never(State(seen): State<Arc<Mutex<Vec<String>>>>) {
        let _looks_back = LooksBack(seen);
        std::future::pending::<()>().await;
    }
    let world = World::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let app = Router::new()
        .route("/", route_get(never))
        .with_state(seen.clone())
        .layer(TenantLayer::new(world.chain()));
    for member in [&world.north, &world.south] {
        cancel(&app, bearer(get(), member.key.reveal())).await;
        assert_eq!(slug(), "-");
    }
    assert_eq!(*seen.lock().unwrap(), ["north", "south"]);
}

/// A directory that does not answer while it is shut.
struct Gate {
    directory: Arc<MemoryDirectory>,
    open: Notify,
}

#[async_trait]
impl TenantDirectory for Gate {
    async fn find(&self, key: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
        self.open.notified().await;
        self.directory.find(key).await
    }
}

#[tokio::test]
async fn a_request_cancelled_at_each_look_up_leaves_none() {
    let world = World::new();
    let gate = Arc::new(Gate { directory: world.directory.clone(), open: Notify::new() });
    let chain = tenancy_core::ResolverChain::new(gate.clone())
        .with(world.jwt())
        .with(tenancy_core::resolve::ApiKeyResolver::header(X_API_KEY));
    let app = Router::new().route("/", route_get(async || slug())).layer(TenantLayer::new(chain));
    let request = || {
        let request = Strategy::Jwt.naming(&world, &world.north, get());
        Strategy::KeyHeader.naming(&world, &world.north, request)
    };
    for look_ups in 0..2 {
        let mut future = app.clone().oneshot(request().body(axum::body::Body::empty()).unwrap());
        for _ in 0..look_ups {
            assert!(poll_once(&mut future).await.is_none());
            gate.open.notify_one();
        }
        assert!(poll_once(&mut future).await.is_none());
        drop(future);
        assert_eq!(slug(), "-");
    }
    // A permit of a cancelled look-up may be left: two requests cannot tell.
    gate.open.notify_waiters();
    let (app_of_task, south) = (app.clone(), Strategy::Jwt.naming(&world, &world.south, get()));
    let task = tokio::spawn(async move { send(&app_of_task, south).await });
    yield_now().await;
    gate.open.notify_one();
    assert_eq!(task.await.unwrap().body, "south");
}

#[tokio::test]
async fn a_directory_that_is_away_is_a_503_and_names_no_cause() {
    struct Away;
    #[async_trait]
    impl TenantDirectory for Away {
        async fn find(&self, _: &TenantKey) -> Result<Option<DirectoryEntry>, Error> {
            let source = std::io::Error::other("10.1.2.3:5432 refused");
            Err(Error::new(tenancy_core::ErrorKind::Unavailable, "read the directory")
                .with_source(source))
        }
    }
    let world = World::new();
    let chain = tenancy_core::ResolverChain::new(Arc::new(Away)).with(world.jwt());
    let app = Router::new().route("/", route_get(async || slug())).layer(TenantLayer::new(chain));
    for member in [&world.north, &world.south] {
        let answer = send(&app, Strategy::Jwt.naming(&world, member, get())).await;
        assert_eq!(answer.told(), (503, "unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), "1");
        assert!(!answer.body.contains("10.1.2.3") && !answer.body.contains("directory"));
    }
    assert_eq!(send(&app, get()).await.body, "-");
}

async fn cancel(app: &Router, request: http::request::Builder) {
    let request = request.body(axum::body::Body::empty()).unwrap();
    let answer = app.clone().oneshot(request);
    tokio::time::timeout(Duration::from_millis(20), answer).await.unwrap_err();
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
