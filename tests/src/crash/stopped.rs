//! Told to stop: what is in flight is finished, nothing new is begun.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::harness::{Raw, Server, Site, Stack, eventually, on_both_stacks};

on_both_stacks!(an_upload_in_flight_is_finished, idle_connections_do_not_hold_it_up);

async fn an_upload_in_flight_is_finished(site: &Site) {
    let server = site.serve(&[]).await;
    let body = json!({ "amount": 4_711, "currency": "EUR" }).to_string();
    let (first, rest) = body.split_at(10);
    let mut uploads = Vec::new();
    for slug in ["riverside", "nordhafen"] {
        let mut connection = Raw::upload(&server, slug, "slow", body.len()).await;
        connection.send(first).await;
        uploads.push((slug, connection));
    }
    server.interrupt().await;
    eventually("it says that it stops", async || server.log().contains("stopping")).await;
    eventually("it takes no new connection", async || {
        TcpStream::connect(server.address()).await.is_err()
    })
    .await;

    let mut made: Vec<(&str, Value)> = Vec::new();
    for (slug, mut connection) in uploads {
        connection.send(rest).await;
        made.push((slug, connection.answer().await.ok(201)));
    }
    server.ended().await;

    let server = site.serve(&[]).await;
    for (slug, payment) in made {
        let id = payment["id"].as_str().expect("an id");
        let read = server.client(slug).get(&format!("/v1/payments/{id}")).await;
        assert_eq!(read.ok(200), payment);
    }
}

async fn idle_connections_do_not_hold_it_up(site: &Site) {
    let server = site.serve(&[]).await;
    // These stay open, and one of them never says a word.
    let clients = ["riverside", "nordhafen"].map(|slug| server.client(slug));
    for client in &clients {
        client.get("/v1/payments").await.ok(200);
    }
    let _silent = Raw::to(server.address()).await;
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed().as_secs() < 20, "it took {:?}", start.elapsed());
}

/// Two uploads that do not end, and a server that was told to stop.
async fn stopping(site: &Site) -> (Server, [Raw; 2]) {
    let server = site.serve(&[]).await;
    let riverside = Raw::upload(&server, "riverside", "endless", 100).await;
    let nordhafen = Raw::upload(&server, "nordhafen", "endless", 100).await;
    server.interrupt().await;
    eventually("it says that it stops", async || server.log().contains("stopping")).await;
    (server, [riverside, nordhafen])
}

#[tokio::test]
async fn an_upload_that_does_not_end_is_given_up() {
    let site = Site::create(Stack::Servers).await;
    let (server, uploads) = stopping(&site).await;
    let start = Instant::now();
    for upload in uploads {
        upload.answer().await.refused(503, "unavailable");
    }
    server.ended().await;
    println!("it ended after {:?}", start.elapsed());
    assert!(start.elapsed().as_secs() < 20, "it took {:?}", start.elapsed());
    assert_eq!(site.rows("idempotency_records").await, 0);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let site = Site::create(Stack::Embedded).await;
    let (server, _uploads) = stopping(&site).await;
    let start = Instant::now();
    server.interrupt().await;
    let (is_good, log) = server.exited().await;
    assert!(!is_good, "it gave up what was in flight: {log}");
    assert!(start.elapsed().as_secs() < 5, "it took {:?}", start.elapsed());
    assert_eq!(site.rows("idempotency_records").await, 0);
}
