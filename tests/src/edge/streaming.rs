//! A response's body belongs to its request, to its end.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get as route_get;
use http_body::Frame;
use http_body_util::BodyExt as _;
use tenancy_axum::TenantLayer;
use tenancy_core::TenantContext;
use tower::ServiceExt as _;

use super::logs::Logs;
use crate::resolve::strategy::bearer;
use crate::resolve::world::{World, get};

/// Says twice whose it is, and notes in whose context it is dropped.
struct Speaking {
    left: u8,
    dropped: Arc<Mutex<Vec<String>>>,
}

fn slug() -> String {
    TenantContext::try_current()
        .map_or("nobody".to_owned(), |context| context.tenant().slug().to_string())
}

impl http_body::Body for Speaking {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        tracing::info!("a piece is sent");
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(format!("{};", slug()))))))
    }
}

impl Drop for Speaking {
    fn drop(&mut self) {
        self.dropped.lock().unwrap().push(slug());
    }
}

#[tokio::test]
async fn it_is_read_and_dropped_in_the_context_and_the_span() {
    let world = World::new();
    let dropped = Arc::new(Mutex::new(Vec::new()));
    let noted = dropped.clone();
    let speak = async move || Body::new(Speaking { left: 2, dropped: noted.clone() });
    let app: Router =
        Router::new().route("/", route_get(speak)).layer(TenantLayer::new(world.chain()));
    // From the start: a span is made only where somebody listens.
    let logs = Logs::start();
    let mut bodies = Vec::new();
    for member in [&world.north, &world.south] {
        let request = bearer(get(), member.key.reveal()).body(Body::empty()).unwrap();
        bodies.push((member, app.clone().oneshot(request).await.unwrap().into_body()));
    }
    // In turns, as a server reads them.
    for _ in 0..2 {
        for (member, body) in &mut bodies {
            let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(piece, format!("{};", member.slug));
            let text = logs.text();
            let line = text.lines().rfind(|line| line.contains("a piece is sent")).unwrap();
            assert!(line.contains(&format!("tenant.id={}", member.id)), "{line}");
            assert_eq!(slug(), "nobody");
        }
    }
    drop(bodies);
    assert_eq!(*dropped.lock().unwrap(), ["north", "south"]);
    assert_eq!(slug(), "nobody");
}

/// A service as hyper knows them: a function, with a body of its own kind.
#[tokio::test]
async fn a_service_without_a_framework_may_answer_with_any_body() {
    use http::{Request, Response};
    use tower::ServiceBuilder;
    let world = World::new();
    let service = ServiceBuilder::new()
        .layer(TenantLayer::new(world.chain()))
        .layer(tenancy_axum::RequireTenantLayer::new())
        .service_fn(async |_: Request<()>| {
            let body = http_body_util::Full::new(Bytes::from(slug()));
            Ok::<_, std::convert::Infallible>(Response::new(body))
        });
    for member in [&world.north, &world.south] {
        let request = bearer(get(), member.key.reveal()).body(()).unwrap();
        let body = service.clone().oneshot(request).await.unwrap().into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes(), member.slug);
    }
    let nobody = service.oneshot(get().body(()).unwrap()).await.unwrap();
    assert_eq!(nobody.status(), 400);
}
