//! Paths and methods that there are not, and headers of all answers.

use http::Method;

use super::{embedded, one_euro};

#[tokio::test]
async fn a_path_that_is_not_there() {
    let (_site, server) = embedded().await;
    for client in [server.client("riverside"), server.client("nordhafen"), server.stranger()] {
        for path in [
            "/v1",
            "/v1/",
            "/v1/payments/",
            "/V1/payments",
            "/v1//payments",
            "/v1/payments/a/b",
            "/v2/payments",
            "/admin",
            "/static/",
            "/static/../Cargo.toml",
            "/static/%2e%2e/Cargo.toml",
            "/.env",
        ] {
            client.get(path).await.refused(404, "route_missing");
        }
    }
}

#[tokio::test]
async fn a_method_that_is_not_there() {
    let (_site, server) = embedded().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/v1/payments", ["GET", "POST"]),
        (Method::PUT, "/v1/payments/x", ["GET", "HEAD"]),
        (Method::PATCH, "/v1/customers", ["GET", "POST"]),
        (Method::POST, "/v1/usage", ["GET", "HEAD"]),
        (Method::POST, "/health", ["GET", "HEAD"]),
        (Method::TRACE, "/v1/payments", ["GET", "POST"]),
    ] {
        for slug in ["riverside", "nordhafen"] {
            let bank = server.client(slug);
            let answer = bank.send(bank.request(method.clone(), path)).await;
            answer.refused(405, "method_not_allowed");
            let allow = answer.header("allow");
            assert!(allowed.iter().all(|method| allow.contains(method)), "{path}: {allow}");
        }
    }
}

/// Every answer, good or bad, keeps browsers from doing harm; data stays out of caches.
#[tokio::test]
async fn all_answers_are_guarded() {
    let (_site, server) = embedded().await;
    let (bank, stranger) = (server.client("riverside"), server.stranger());
    let with_key = [
        bank.get("/v1/payments").await,
        bank.get("/v1/payments/x").await,
        bank.get("/v1/payments?limit=0").await,
        bank.pay("key", &one_euro()).await,
        bank.get("/v1/usage").await,
        server.client("lakeshore").get("/v1/usage").await,
        stranger.get("/v1/payments").await,
        stranger.with_credential("wrong").get("/v1/payments").await,
    ];
    for answer in &with_key {
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        assert!(!answer.header("x-request-id").is_empty());
    }
    let without =
        [stranger.get("/").await, stranger.get("/nope").await, stranger.get("/docs/").await];
    for answer in with_key.iter().chain(&without) {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(!answer.headers.contains_key("server"), "{answer:?}");
    }
}

/// A caller's own request id comes back; what is none is replaced.
#[tokio::test]
async fn a_request_id_is_echoed_if_it_is_one() {
    let (_site, server) = embedded().await;
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        let get = |id: &str| bank.request(Method::GET, "/v1/usage").header("x-request-id", id);
        let answer = bank.send(get("order-4711")).await;
        assert_eq!(answer.header("x-request-id"), "order-4711");
        for odd in ["", "a b", "ä", &"x".repeat(1_000)] {
            let answer = bank.send(get(odd)).await;
            assert_ne!(answer.header("x-request-id"), odd);
        }
    }
}

/// A browser shows a page, a program reads a problem; neither repeats what was asked for.
#[tokio::test]
async fn refusals_are_pages_for_browsers() {
    let (_site, server) = embedded().await;
    let stranger = server.stranger();
    for (host, status, says) in [
        ("nobody.localhost", 404, "There is no such tenant"),
        ("lakeshore.localhost", 403, "The tenant is suspended"),
        ("a..localhost", 400, "malformed"),
    ] {
        let visit = |accept| {
            stranger.request(Method::GET, "/").header("host", host).header("accept", accept)
        };
        let page = stranger.send(visit("text/html,application/xhtml+xml,*/*;q=0.8")).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (status, "text/html; charset=utf-8")
        );
        assert!(page.text().contains(says) && !page.text().contains(host), "{page:?}");
        let problem = stranger.send(visit("application/json")).await;
        assert_eq!(problem.header("content-type"), "application/problem+json");
    }
}
