//! Usage over HTTP: every call once, every byte that moved, for the tenant whose it was.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::routing::{get as route_get, post};
use http::Method;
use http_body_util::BodyExt as _;
use tenancy_axum::{RateLimitLayer, TenantLayer, UsageLayer};
use tenancy_core::limit::MemoryRateLimiter;
use tenancy_core::usage::{MemoryUsageMeter, Meter, Month, Usage, UsageMeter};
use tenancy_core::{Error, ErrorKind, TenantContext, TenantId, async_trait};
use tower::ServiceExt as _;

use super::answer::{send, send_body};
use super::app::by;
use super::chunks::Chunks;
use super::logs::Logs;
use crate::resolve::strategy::bearer;
use crate::resolve::world::{Member, World, get, get_from};

/// An application whose usage is counted.
struct Counted {
    world: World,
    meter: Arc<MemoryUsageMeter>,
    layer: UsageLayer,
    app: Router,
}

impl Counted {
    fn new() -> Self {
        let world = World::new();
        let meter = Arc::new(MemoryUsageMeter::new(world.clock.clone()));
        let layer = UsageLayer::new(meter.clone());
        let app = routes().layer(layer.clone()).layer(TenantLayer::new(world.chain()));
        Self { world, meter, layer, app }
    }

    /// Returns calls and bytes, once all that has ended is recorded.
    async fn of(&self, member: &Member) -> (u64, u64) {
        self.layer.recorded().await;
        let month = Month::current(&*self.world.clock);
        let usage = self.meter.usage(member.id, month).await.unwrap();
        (usage.of(&Meter::API_CALLS), usage.of(&Meter::BANDWIDTH_BYTES))
    }
}

fn call(path: &'static str, member: &Member, body: Body) -> Request {
    let request = bearer(by(Method::POST, get()), member.key.reveal());
    request.uri(path).body(body).unwrap()
}

fn routes() -> Router {
    Router::new()
        .route("/", route_get(async || "12 bytes out"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/stream", post(async |request: Request| request.into_body()))
        .route("/ignore", post(async |_: Request| ()))
        .route("/first", post(first))
        .route("/chunks", post(async || Chunks::of(&[10, 20, 30])))
        .route("/panic", post(panics))
        .route("/never", post(never))
        .route("/later", post(later))
}

/// Reads the first piece of the body only.
async fn first(request: Request) -> String {
    let frame = request.into_body().frame().await.unwrap().unwrap();
    frame.data_ref().unwrap().len().to_string()
}

async fn panics(_: Bytes) {
    panic!("the handler panics here");
}

/// Reads the body, and does not answer.
async fn never(_: Bytes) {
    std::future::pending::<()>().await;
}

/// Answers before it reads.
async fn later(request: Request) -> &'static str {
    TenantContext::spawn(async move {
        tokio::task::yield_now().await;
        request.into_body().collect().await.unwrap();
    });
    "read later"
}

#[tokio::test]
async fn calls_and_bytes_of_both_directions_are_exact() {
    let counted = Counted::new();
    let (north, south) = (&counted.world.north, &counted.world.south);
    for size in [0, 1, 1_000, 100_000] {
        let request = call("/echo", north, Body::from("x".repeat(size)));
        let response = counted.app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), size);
    }
    for _ in 0..3 {
        send(&counted.app, bearer(get(), south.key.reveal())).await;
    }
    assert_eq!(counted.of(north).await, (4, 2 * 101_001));
    assert_eq!(counted.of(south).await, (3, 3 * 12));
}

#[tokio::test]
async fn streaming_bodies_are_counted_to_their_end() {
    let counted = Counted::new();
    let (north, south) = (&counted.world.north, &counted.world.south);
    let request = call("/stream", north, Chunks::of(&[1, 10, 100]));
    let response = counted.app.clone().oneshot(request).await.unwrap();
    assert_eq!(counted.of(north).await, (0, 0), "it has not ended");

    let read = response.into_body().collect().await.unwrap();
    assert_eq!(read.trailers().unwrap()["x-checksum"], "17");
    assert_eq!(counted.of(north).await, (1, 222));

    let chunks = call("/chunks", south, Body::empty());
    counted.app.clone().oneshot(chunks).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(counted.of(south).await, (1, 60));
}

#[tokio::test]
async fn dropped_bodies_are_counted_as_far_as_they_came() {
    let counted = Counted::new();
    let (north, south) = (&counted.world.north, &counted.world.south);
    let send = async |path, member, body| {
        counted.app.clone().oneshot(call(path, member, body)).await.unwrap().into_body()
    };
    let mut body = send("/chunks", north, Body::empty()).await;
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(counted.of(north).await, (1, 30));

    drop(send("/chunks", south, Body::empty()).await);
    assert_eq!(counted.of(south).await, (1, 0));
    // What a handler does not read was not received, as far as this service is concerned.
    drop(send("/ignore", south, Chunks::of(&[1_000])).await);
    assert_eq!(counted.of(south).await, (2, 0));
    drop(send("/first", south, Chunks::of(&[7, 1_000])).await);
    assert_eq!(counted.of(south).await, (3, 7));
}

#[tokio::test]
async fn a_body_read_after_the_answer_counts_too_and_the_call_once() {
    let counted = Counted::new();
    let (north, south) = (&counted.world.north, &counted.world.south);
    let request = call("/later", north, Chunks::of(&[100, 200]));
    let response = counted.app.clone().oneshot(request).await.unwrap();
    response.into_body().collect().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(counted.of(north).await, (1, 310));
    assert_eq!(counted.of(south).await, (0, 0));
}

#[tokio::test]
async fn panics_and_cancelled_requests_are_calls() {
    let counted = Counted::new();
    let (north, south) = (&counted.world.north, &counted.world.south);
    let request = call("/panic", north, Body::from("12345"));
    let panics = tokio::spawn(counted.app.clone().oneshot(request));
    assert!(panics.await.unwrap_err().is_panic());
    assert_eq!(counted.of(north).await, (1, 5));

    let request = call("/never", south, Body::from("123"));
    let cancelled =
        tokio::time::timeout(Duration::from_millis(20), counted.app.clone().oneshot(request));
    cancelled.await.unwrap_err();
    assert_eq!(counted.of(south).await, (1, 3));
}

#[tokio::test]
async fn refusals_outside_and_requests_of_nobody_do_not_count() {
    let counted = Counted::new();
    let (north, south) = (&counted.world.north, &counted.world.south);
    send(&counted.app, get()).await;
    send(&counted.app, get_from("evilbase.com")).await;
    send(&counted.app, bearer(get_from(&south.host()), north.key.reveal())).await;
    send(&counted.app, bearer(get(), counted.world.frozen.key.reveal())).await;
    assert_eq!(counted.of(north).await, (0, 0));
    assert_eq!(counted.of(south).await, (0, 0));
    assert_eq!(counted.of(&counted.world.frozen).await, (0, 0));

    // A route that is not there was asked for all the same.
    let nowhere = bearer(get(), north.key.reveal()).uri("/nowhere");
    assert_eq!(send(&counted.app, nowhere).await.status, 404);
    assert_eq!(counted.of(north).await, (1, 0));
}

#[tokio::test]
async fn limited_requests_do_not_count_behind_the_limit() {
    let world = World::new();
    let meter = Arc::new(MemoryUsageMeter::new(world.clock.clone()));
    let usage = UsageLayer::new(meter.clone());
    let limiter = Arc::new(MemoryRateLimiter::new(world.clock.clone()));
    let app = routes()
        .layer(usage.clone())
        .layer(RateLimitLayer::new(limiter).by_plan())
        .layer(TenantLayer::new(world.chain()));
    for _ in 0..70 {
        send(&app, bearer(get(), world.north.key.reveal())).await;
    }
    send(&app, bearer(get(), world.south.key.reveal())).await;
    usage.recorded().await;
    let month = Month::current(&*world.clock);
    for (member, calls) in [(&world.north, 60), (&world.south, 1)] {
        let usage = meter.usage(member.id, month).await.unwrap();
        assert_eq!(usage.of(&Meter::API_CALLS), calls);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_requests_are_counted_each() {
    let counted = Arc::new(Counted::new());
    let requests = (0..400).map(|turn: usize| {
        let counted = counted.clone();
        tokio::spawn(async move {
            let world = &counted.world;
            let member = if turn.is_multiple_of(4) { &world.north } else { &world.south };
            let request = call("/echo", member, Body::from("x".repeat(turn)));
            let response = counted.app.clone().oneshot(request).await.unwrap();
            response.into_body().collect().await.unwrap();
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    let bytes = |of_north| (0..400).filter(|turn| (turn % 4 == 0) == of_north).sum::<u64>() * 2;
    assert_eq!(counted.of(&counted.world.north).await, (100, bytes(true)));
    assert_eq!(counted.of(&counted.world.south).await, (300, bytes(false)));
}

/// The server sets `content-length` from the size a body says it has.
#[tokio::test]
async fn a_counted_body_still_knows_its_size() {
    use http_body::Body as _;
    let counted = Counted::new();
    for member in [&counted.world.north, &counted.world.south] {
        let request = call("/echo", member, Body::from("12345"));
        let body = counted.app.clone().oneshot(request).await.unwrap().into_body();
        assert_eq!(body.size_hint().exact(), Some(5));
        assert!(!body.is_end_stream());
        let request = call("/ignore", member, Body::empty());
        let body = counted.app.clone().oneshot(request).await.unwrap().into_body();
        assert!(body.is_end_stream());
    }
}

/// A meter that fails, or never answers.
struct Broken {
    hangs: bool,
}

#[async_trait]
impl UsageMeter for Broken {
    async fn record(&self, _: TenantId, _: &[(Meter, u64)]) -> Result<(), Error> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(Error::new(ErrorKind::Unavailable, "count usage"))
    }

    async fn usage(&self, _: TenantId, month: Month) -> Result<Usage, Error> {
        Ok(Usage::new(month))
    }
}

#[tokio::test]
async fn a_meter_that_hangs_delays_no_request() {
    let world = World::new();
    let patient = UsageLayer::new(Arc::new(Broken { hangs: true })).give_up_after(Duration::MAX);
    assert_is_served_in_full(&world, &patient).await;
    // Else this test would not end.
}

#[tokio::test]
async fn what_cannot_be_recorded_is_logged_and_breaks_no_request() {
    let world = World::new();
    for hangs in [false, true] {
        let logs = Logs::start();
        let layer = UsageLayer::new(Arc::new(Broken { hangs }));
        let layer = layer.give_up_after(Duration::from_millis(10));
        assert_is_served_in_full(&world, &layer).await;
        layer.recorded().await;
        for member in [&world.north, &world.south] {
            let text = logs.text();
            let id = format!("tenant.id={}", member.id);
            let mut lines = text.lines().filter(|line| line.contains("usage is lost"));
            assert!(lines.any(|line| line.contains("ERROR") && line.contains(&id)), "{text}");
        }
    }
}

async fn assert_is_served_in_full(world: &World, layer: &UsageLayer) {
    let app = routes().layer(layer.clone()).layer(TenantLayer::new(world.chain()));
    for member in [&world.north, &world.south] {
        let request = by(Method::POST, bearer(get(), member.key.reveal())).uri("/echo");
        let answer = send_body(&app, request, Body::from("echo")).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, "echo"));
    }
}

/// A meter that decides at once, and badly.
struct Hasty {
    panics: bool,
}

#[async_trait]
impl UsageMeter for Hasty {
    async fn record(&self, _: TenantId, _: &[(Meter, u64)]) -> Result<(), Error> {
        unreachable!("it never waits")
    }

    async fn usage(&self, _: TenantId, month: Month) -> Result<Usage, Error> {
        Ok(Usage::new(month))
    }

    fn try_record(&self, _: TenantId, _: &[(Meter, u64)]) -> Option<Result<(), Error>> {
        assert!(!self.panics, "a meter with a fault");
        Some(Err(Error::new(ErrorKind::Unavailable, "count usage")))
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_at_once_is_logged_and_breaks_no_request() {
    let world = World::new();
    for panics in [false, true] {
        let logs = Logs::start();
        assert_is_served_in_full(&world, &UsageLayer::new(Arc::new(Hasty { panics }))).await;
        for member in [&world.north, &world.south] {
            let text = logs.text();
            let id = format!("tenant.id={}", member.id);
            let mut lines = text.lines().filter(|line| line.contains("usage is lost"));
            assert!(lines.any(|line| line.contains("ERROR") && line.contains(&id)), "{text}");
        }
    }
}

/// A response may outlive the runtime, such as in a test that keeps it.
#[test]
fn a_body_dropped_outside_a_runtime_is_logged_and_harms_nobody() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let app = routes()
        .layer(UsageLayer::new(Arc::new(Broken { hangs: false })))
        .layer(TenantLayer::new(world.chain()));
    let requests =
        [&world.north, &world.south].map(|member| call("/chunks", member, Body::empty()));
    for request in requests {
        let response = runtime.block_on(app.clone().oneshot(request)).unwrap();
        let logs = Logs::start();
        drop(response);
        assert!(logs.line_with("usage is lost").contains("ERROR"));
    }
}

#[test]
fn a_meter_that_waits_for_nobody_counts_outside_a_runtime_too() {
    let counted = Counted::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for member in [&counted.world.north, &counted.world.south] {
        let request = call("/chunks", member, Body::empty());
        drop(runtime.block_on(counted.app.clone().oneshot(request)).unwrap());
        assert_eq!(runtime.block_on(counted.of(member)), (1, 0));
    }
}
