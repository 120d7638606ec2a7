//! How the program starts, and where it refuses to.

use std::net::TcpListener;

use crate::harness::{Server, Site, Stack, on_both_stacks};

on_both_stacks!(two_may_start_at_once, an_interrupted_start_is_completed);

/// Thirty payments for each of five tenants.
const DEMO: i64 = 150;

async fn is_complete(site: &Site, server: &Server) {
    assert_eq!(site.rows("payments").await, DEMO);
    for slug in ["riverside", "nordhafen", "kita", "alnoor"] {
        assert_eq!(crate::http::payments(&server.client(slug)).await.len(), 30, "{slug}");
    }
    server.client("lakeshore").get("/v1/payments").await.refused(403, "tenant_suspended");
}

async fn two_may_start_at_once(site: &Site) {
    let (one, other) = tokio::join!(site.serve(&[]), site.serve(&[]));
    is_complete(site, &one).await;
    is_complete(site, &other).await;
}

async fn an_interrupted_start_is_completed(site: &Site) {
    for enough in [0, 30, 90] {
        let has_enough = async || site.try_rows("payments").await.is_ok_and(|rows| rows > enough);
        Server::kill_in_start(&site.options(), has_enough).await;
    }
    let server = site.serve(&[]).await;
    is_complete(site, &server).await;
}

#[tokio::test]
async fn the_environment_says_what_options_say() {
    let site = Site::create(Stack::Servers).await;
    let options = site.options();
    let [_, folder, _, database, _, redis] = options.as_slice() else {
        panic!("three options: {options:?}")
    };
    let variables =
        [("PAYMENTS_DATA_DIR", folder.as_str()), ("DATABASE_URL", database), ("REDIS_URL", redis)];
    let server = Server::start([], &variables).await;
    for slug in ["riverside", "nordhafen"] {
        server.client(slug).get("/v1/payments").await.ok(200);
    }
    assert_eq!(site.rows("payments").await, DEMO, "it is this database");
}

#[tokio::test]
async fn a_taken_address_is_said_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = Server::refuse(&["--listen", &address]).await;
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[tokio::test]
async fn known_keys_are_not_opened_to_the_network() {
    let site = Site::create(Stack::Embedded).await;
    let mut options = site.options();
    options.extend(["--listen".to_owned(), "0.0.0.0:0".to_owned()]);
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let said = Server::refuse(&options).await;
    assert!(said.contains("--no-demo"), "{said}");
}

#[tokio::test]
async fn a_refused_start_keeps_secrets() {
    for options in [
        ["--database-url", "postgres://u:hunter2@127.0.0.1:1/d"],
        ["--database-url", "oracle://u:hunter2@127.0.0.1/d"],
        ["--redis-url", "http://:hunter2@127.0.0.1/"],
        ["--jwt-secret", "hunter2"],
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path().to_str().expect("a path of text");
        let [option, value] = options;
        let said = Server::refuse(&["--data-dir", folder, option, value]).await;
        assert!(said.starts_with("payments: "), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
