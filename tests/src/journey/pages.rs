//! What needs no credential: probes, the description of the API, the page.

use http::Method;

use super::Cast;
use crate::harness::{Answer, Client};

const ROUTES: [(&str, &str); 9] = [
    ("/v1/customers", "post"),
    ("/v1/customers", "get"),
    ("/v1/customers/{id}", "get"),
    ("/v1/payments", "post"),
    ("/v1/payments", "get"),
    ("/v1/payments/{id}", "get"),
    ("/v1/payments/{id}/cancel", "post"),
    ("/v1/usage", "get"),
    ("/ready", "get"),
];

pub(super) async fn show_whose_they_are(cast: &Cast) {
    let stranger = cast.server.stranger();
    assert_eq!(stranger.get("/health").await.ok(200)["status"], "ok");
    assert_eq!(stranger.get("/ready").await.ok(200)["status"], "ready");

    let api = stranger.get("/openapi.json").await.ok(200);
    for (path, method) in ROUTES {
        assert!(api["paths"][path][method]["responses"].is_object(), "{method} {path}: {api}");
    }
    let docs = stranger.get("/docs").await;
    assert_eq!(docs.status, 200);
    assert!(docs.text().contains("swagger"), "{}", docs.text());

    for (bank, slug, name, plan) in [
        (&cast.riverside, "riverside", "Riverside Credit Union", "starter"),
        (&cast.nordhafen, "nordhafen", "Nordhafen Bank AG", "professional"),
    ] {
        let page = &cast.server.tenant(slug).page;
        let host = page.trim_start_matches("http://").trim_end_matches('/');
        let shown = visit(&stranger, host).await;
        // A visit to its page counts for the bank.
        bank.check(&shown);
        let shown = shown.text();
        for word in [name, plan] {
            assert!(shown.contains(word), "{word} is not on its page: {shown}");
        }
        let others = ["Riverside", "Nordhafen", "Kita", "Al Noor", "Lakeshore"];
        for other in others.iter().filter(|other| !name.starts_with(**other)) {
            assert!(!shown.contains(other), "{other} is on the page of {name}: {shown}");
        }
    }
    let nobodys = visit(&stranger, cast.server.address()).await;
    let nobodys = nobodys.text();
    assert!(nobodys.contains(&cast.server.tenant("kita").page), "{nobodys}");
}

async fn visit(stranger: &Client, host: &str) -> Answer {
    let request =
        stranger.request(Method::GET, "/").header("host", host).header("accept", "text/html");
    let page = stranger.send(request).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    page
}
