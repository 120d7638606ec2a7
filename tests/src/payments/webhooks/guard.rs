//! PJ6.1: requests go to the public network and nowhere else.

use serde_json::json;

use super::super::MOVABLE as MOVABLE_ONLY;
use super::{Receiver, TO_LOOPBACK, delivery, endpoint, pay};
use crate::harness::{Site, on_both_stacks};

on_both_stacks!(hidden_addresses_are_not_reached, redirects_are_not_followed);

async fn hidden_addresses_are_not_reached(site: &Site) {
    let server = site.serve(&MOVABLE_ONLY).await;
    let receiver = Receiver::start().await;
    let port = receiver.port();
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        for url in [
            "http://169.254.169.254/latest/meta-data".to_owned(),
            "https://169.254.169.254/".to_owned(),
            format!("https://127.0.0.1:{port}/"),
            format!("http://127.0.0.1:{port}/"),
            format!("https://2130706433:{port}/"),
            format!("https://[::1]:{port}/"),
            format!("https://[::ffff:127.0.0.1]:{port}/"),
            "https://10.0.0.1/".to_owned(),
            "https://192.168.1.1/".to_owned(),
            "https://[fd00:ec2::254]/".to_owned(),
            "https://user:password@bank.example/".to_owned(),
            "ftp://bank.example/".to_owned(),
        ] {
            let body = json!({ "url": url });
            let refused = bank.post("/v1/webhook-endpoints", &body).await;
            refused.refused_field("url_not_allowed", "url");
        }
        // A name that looks like any other, and resolves to this machine: refused when dialled.
        let body = json!({ "url": format!("https://localhost:{port}/") });
        bank.post("/v1/webhook-endpoints", &body).await.ok(201);
        pay(&bank, "hidden").await;
        let tried = delivery(&bank, "it is tried", |d| d["attempts"] == 1).await;
        assert_eq!(
            (&tried["last_error"], &tried["state"]),
            (&"address_refused".into(), &"pending".into())
        );
    }
    assert_eq!(receiver.messages().len(), 0);
    server.stop().await;

    // What was allowed once is not any more.
    let server = site.serve(&TO_LOOPBACK).await;
    let bank = server.client("kita");
    endpoint(&bank, &receiver, &["*"]).await;
    server.stop().await;
    let server = site.serve(&MOVABLE_ONLY).await;
    let bank = server.client("kita");
    pay(&bank, "later").await;
    let refused = |d: &serde_json::Value| d["last_error"] == "address_refused";
    delivery(&bank, "it is refused", refused).await;
    assert_eq!(receiver.messages().len(), 0);
}

async fn redirects_are_not_followed(site: &Site) {
    let server = site.serve(&TO_LOOPBACK).await;
    let elsewhere = Receiver::start().await;
    for slug in ["riverside", "kita"] {
        let (bank, receiver) = (server.client(slug), Receiver::start().await);
        endpoint(&bank, &receiver, &["*"]).await;
        receiver.answers((307, Some(("location", elsewhere.url()))));
        pay(&bank, "moved").await;
        let tried = delivery(&bank, "it is tried", |d| d["attempts"] == 1).await;
        assert_eq!((&tried["last_status"], &tried["state"]), (&307.into(), &"pending".into()));
    }
    assert_eq!(elsewhere.messages().len(), 0);
}
