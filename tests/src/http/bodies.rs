//! Bodies that say something wrong, and how the refusal names it.

use reqwest::RequestBuilder;
use serde_json::json;

use super::{UNLIMITED, embedded, payments};
use crate::harness::{Client, Raw, Site, on_both_stacks};

on_both_stacks!(what_is_at_the_edge_is_kept_as_it_is, slow_uploads_hold_up_nobody);

fn paying(bank: &Client, body: impl Into<reqwest::Body>) -> RequestBuilder {
    bank.paying("key").header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let (_site, server) = embedded().await;
    let long = "x".repeat(101);
    let cases = [
        (json!({ "amount": 0, "currency": "USD" }), "amount"),
        (json!({ "amount": -1, "currency": "USD" }), "amount"),
        (json!({ "amount": i64::MIN, "currency": "USD" }), "amount"),
        (json!({ "amount": 9_223_372_036_854_775_808_u64, "currency": "USD" }), "amount"),
        (json!({ "amount": 12.5, "currency": "USD" }), "amount"),
        (json!({ "amount": 1.0, "currency": "USD" }), "amount"),
        (json!({ "amount": "100", "currency": "USD" }), "amount"),
        (json!({ "amount": null, "currency": "USD" }), "amount"),
        (json!({ "amount": true, "currency": "USD" }), "amount"),
        (json!({ "amount": [100], "currency": "USD" }), "amount"),
        (json!({ "currency": "USD" }), "amount"),
        (json!({ "amount": 1, "currency": "ZZZ" }), "currency"),
        (json!({ "amount": 1, "currency": "usd" }), "currency"),
        (json!({ "amount": 1, "currency": "US" }), "currency"),
        (json!({ "amount": 1, "currency": "USD " }), "currency"),
        (json!({ "amount": 1, "currency": "" }), "currency"),
        (json!({ "amount": 1, "currency": 840 }), "currency"),
        (json!({ "amount": 1, "currency": "XAU" }), "currency"),
        (json!({ "amount": 1 }), "currency"),
        (json!({ "amount": 1, "currency": "USD", "colour": "red" }), "colour"),
        (json!({ "amount": 1, "currency": "USD", "id": "pay_1" }), "id"),
        (json!({ "amount": 1, "currency": "USD", "state": "succeeded" }), "state"),
        (json!({ "amount": 1, "currency": "USD", "customer": 7 }), "customer"),
        (json!({ "amount": 1, "currency": "USD", "reference": "" }), "reference"),
        (json!({ "amount": 1, "currency": "USD", "reference": " a" }), "reference"),
        (json!({ "amount": 1, "currency": "USD", "reference": "a\nb" }), "reference"),
        (json!({ "amount": 1, "currency": "USD", "reference": "a\u{0}b" }), "reference"),
        (json!({ "amount": 1, "currency": "USD", "reference": long }), "reference"),
    ];
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        for (body, field) in &cases {
            println!("{body}");
            bank.pay("key", body).await.refused_field("field_invalid", field);
        }
        assert_eq!(payments(&bank).await.len(), 30);
    }
}

#[tokio::test]
async fn wrong_customers_are_named() {
    let (_site, server) = embedded().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": "   " }), "name"),
        (json!({ "name": "x".repeat(201) }), "name"),
        (json!({ "name": ["Eve"] }), "name"),
        (json!({ "name": "Eve", "email": "nobody" }), "email"),
        (json!({ "name": "Eve", "email": format!("{}@x.example", "e".repeat(250)) }), "email"),
        (json!({ "name": "Eve", "password": "secret" }), "password"),
    ] {
        for slug in ["riverside", "nordhafen"] {
            let answer = server.client(slug).post("/v1/customers", &body).await;
            answer.refused_field("field_invalid", field);
        }
    }
}

#[tokio::test]
async fn numbers_that_json_can_write_and_programs_cannot_hold() {
    let (_site, server) = embedded().await;
    let bank = server.client("riverside");
    let digits = "9".repeat(400);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for number in ["1e400", "-1e400", "1E3", "99999999999999999999999999", "0.1e1", &digits, &deep]
    {
        let body = format!(r#"{{"amount":{number},"currency":"USD"}}"#);
        bank.send(paying(&bank, body)).await.refused_field("field_invalid", "amount");
    }
    let twice = r#"{"amount":1,"currency":"USD","amount":2}"#;
    bank.send(paying(&bank, twice)).await.refused_field("field_invalid", "amount");
    assert_eq!(payments(&bank).await.len(), 30);
    assert_eq!(payments(&server.client("nordhafen")).await.len(), 30);
}

#[tokio::test]
async fn what_is_no_json_object_is_malformed() {
    let (_site, server) = embedded().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 13] = [
        b"",
        b" ",
        b"{",
        b"{\"amount\":1,}",
        b"{'amount':1}",
        b"{\"amount\":01,\"currency\":\"USD\"}",
        b"{\"amount\":NaN,\"currency\":\"USD\"}",
        b"[]",
        b"null",
        b"\"text\"",
        b"{\"amount\":1,\"currency\":\"USD\"} x",
        b"{\"amount\":1,\"currency\":\"\xff\"}",
        deep.as_bytes(),
    ];
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        for body in &bodies {
            let answer = bank.send(paying(&bank, body.to_vec())).await;
            let problem = answer.refused(422, "json_malformed");
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert!(detail.len() < 300, "what was sent is not sent back: {detail}");
        }
        assert_eq!(payments(&bank).await.len(), 30);
    }
}

#[tokio::test]
async fn bodies_that_are_too_large_are_not_read() {
    let (_site, server) = embedded().await;
    let large = format!(r#"{{"amount":1,"currency":"USD","reference":"{}"}}"#, "x".repeat(70_000));
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        bank.send(paying(&bank, large.clone())).await.refused(413, "body_too_large");
        let chunks = large.as_bytes().chunks(1_000).map(<[u8]>::to_vec).collect();
        let answer = super::chunked(&server, slug, chunks).await;
        answer.refused(413, "body_too_large");
        assert_eq!(payments(&bank).await.len(), 30);
    }
}

#[tokio::test]
async fn other_content_is_refused() {
    let (_site, server) = embedded().await;
    let body = r#"{"amount":1,"currency":"USD"}"#;
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        for content in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""]
        {
            let request = bank.paying("key").header("content-type", content).body(body);
            bank.send(request).await.refused(415, "content_type_unsupported");
        }
        let nothing = bank.paying("key").body(body);
        bank.send(nothing).await.refused(415, "content_type_unsupported");
        let utf8 = bank.paying("key").header("content-type", "Application/JSON; charset=utf-8");
        bank.send(utf8.body(body)).await.ok(201);
    }
}

async fn what_is_at_the_edge_is_kept_as_it_is(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let text = "Ünïcödé 日本 🏦 '\"; DROP TABLE payments; --";
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        let customer = json!({ "name": "名".repeat(200), "email": null });
        let customer = bank.post("/v1/customers", &customer).await.ok(201);
        assert_eq!(customer["name"], "名".repeat(200));
        for (at, order) in [
            json!({ "amount": i64::MAX, "currency": "USD", "reference": "x".repeat(100) }),
            json!({ "amount": 1, "currency": "KWD", "reference": text, "customer": customer["id"] }),
            json!({ "amount": 1, "currency": "JPY", "reference": null, "customer": null }),
        ]
        .iter()
        .enumerate()
        {
            let made = bank.pay(&format!("edge-{at}"), order).await.ok(201);
            let id = made["id"].as_str().expect("an id");
            let read = bank.get(&format!("/v1/payments/{id}")).await.ok(200);
            assert_eq!(read, made);
            for (field, value) in order.as_object().expect("an object") {
                assert_eq!(&read[field], value, "{field}");
            }
        }
        assert_eq!(payments(&bank).await.len(), 33);
    }
}

/// More of them than there are connections to the database.
async fn slow_uploads_hold_up_nobody(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let body = super::one_euro().to_string();
    let mut uploads = Vec::new();
    for (at, slug) in (0..60).zip(["riverside", "nordhafen"].into_iter().cycle()) {
        let key = format!("upload-{at}");
        uploads.push((slug, Raw::upload(&server, slug, &key, body.len()).await));
    }
    let alnoor = server.client("alnoor");
    let start = std::time::Instant::now();
    alnoor.pay("meanwhile", &super::one_euro()).await.ok(201);
    assert_eq!(payments(&alnoor).await.len(), 31);
    assert!(start.elapsed().as_millis() < 1_500, "it took {:?}", start.elapsed());
    for (slug, mut upload) in uploads {
        upload.send(&body).await;
        let made = upload.answer().await;
        server.client(slug).check(&made);
        made.ok(201);
    }
}
