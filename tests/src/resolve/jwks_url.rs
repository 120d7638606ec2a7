//! A key set by its URL: over TLS or on this machine, and what a server can do wrong.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Redirect;
use axum::routing::get as route_get;
use futures_core::Stream;
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;
use jsonwebtoken::Algorithm;
use tenancy_core::resolve::{Jwks, JwksSource as _, JwksUrl};
use tenancy_core::{Error, ErrorKind};

use super::jwks::{document, found};
use super::token::{claims, sign};
use super::world::World;

#[tokio::test]
async fn its_keys_verify_tokens() {
    let world = World::new();
    let document = document(&[Algorithm::RS256]);
    let base = serve(Router::new().route("/jwks", route_get(async || document))).await;
    let keys = Jwks::new(JwksUrl::new(&format!("{base}/jwks")).unwrap());
    let chain = world.chain_of(&keys.clock(world.clock.clone()).start());
    for member in [&world.north, &world.south] {
        let token = sign(Algorithm::RS256, &claims(&world, member.slug));
        assert_eq!(found(&chain, &token).await, Ok(member.id));
        let token = sign(Algorithm::ES256, &claims(&world, member.slug));
        assert_eq!(found(&chain, &token).await, Err(ErrorKind::CredentialInvalid));
    }
}

#[test]
fn another_machine_is_asked_over_tls_alone() {
    for good in [
        "https://id.example/jwks",
        "http://localhost:8080/jwks",
        "http://127.0.0.1:1/jwks",
        "http://[::1]/jwks",
    ] {
        JwksUrl::new(good).unwrap();
    }
    for bad in [
        "http://id.example/jwks",
        "http://localhost.example/jwks",
        "http://127.0.0.1.example/jwks",
        "http://10.0.0.1/jwks",
        "file:///etc/passwd",
        "ftp://localhost/jwks",
        "//localhost/jwks",
        "jwks",
        "",
    ] {
        assert_eq!(JwksUrl::new(bad).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
    }
}

/// Who answers for the provider's host may point elsewhere: nobody goes there.
#[tokio::test]
async fn what_is_no_document_is_not_taken() {
    let good = document(&[Algorithm::RS256]);
    let elsewhere = serve(Router::new().route("/jwks", route_get(async || good))).await;
    let moved = format!("{elsewhere}/jwks");
    let base = serve(
        Router::new()
            .route("/moved", route_get(async move || Redirect::temporary(&moved)))
            .route("/broken", route_get(async || (StatusCode::BAD_GATEWAY, "{\"keys\":[]}")))
            .route("/empty", route_get(async || StatusCode::NO_CONTENT)),
    )
    .await;
    for path in ["moved", "broken", "empty", "missing"] {
        let error = fetch(&format!("{base}/{path}")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{path}");
    }
    assert!(fetch(&format!("{elsewhere}/jwks")).await.is_ok());
    let nobody = "http://127.0.0.1:1/jwks";
    assert_eq!(fetch(nobody).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_document_without_end_is_left_alone() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let endless = async move || Body::new(StreamBody::new(Endless(counted)));
    let base = serve(Router::new().route("/jwks", route_get(endless))).await;
    let error = fetch(&format!("{base}/jwks")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    // What is under way on the connection is bounded too.
    assert!(sent.load(Ordering::SeqCst) < 64 * 1024 * 1024, "{sent:?}");
}

/// Its time is the runtime's: nobody waits for it here.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_holds_nobody_up() {
    let world = World::new();
    let base = serve(Router::new().route("/jwks", route_get(std::future::pending::<String>))).await;
    let keys = Jwks::new(JwksUrl::new(&format!("{base}/jwks")).unwrap());
    let chain = world.chain_of(&keys.clock(world.clock.clone()).start());
    for member in [&world.north, &world.south] {
        let token = sign(Algorithm::RS256, &claims(&world, member.slug));
        let waited = tokio::time::timeout(Duration::from_secs(3), found(&chain, &token)).await;
        assert_eq!(waited.expect("an answer"), Err(ErrorKind::Unavailable));
    }
}

async fn fetch(url: &str) -> Result<Vec<u8>, Error> {
    JwksUrl::new(url).unwrap().fetch().await
}

/// Serves on this machine; returns the beginning of its URLs.
async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// Bytes that never stop.
struct Endless(Arc<AtomicUsize>);

impl Stream for Endless {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        const PIECE: &[u8] = &[b' '; 16 * 1024];
        self.0.fetch_add(PIECE.len(), Ordering::SeqCst);
        std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PIECE)))))
    }
}
