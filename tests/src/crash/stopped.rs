//! Told to stop: what is in flight is finished, nothing new is begun.

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::harness::{Raw, Site, eventually, on_both_stacks};

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
    let start = std::time::Instant::now();
    server.stop().await;
    assert!(start.elapsed().as_secs() < 20, "it took {:?}", start.elapsed());
}
