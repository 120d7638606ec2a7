//! What no answer and no log says. Answers are searched by every [`Client`], in every test.
//!
//! [`Client`]: crate::harness::Client

use serde_json::json;

use super::token::{self, SECRET};
use super::{UNLIMITED, one_euro};
use crate::harness::{Client, Server, Site, Stack, on_both_stacks};

on_both_stacks!(the_log_keeps_no_secret);

/// Everything that can be logged is, while all kinds of requests come in.
async fn the_log_keeps_no_secret(site: &Site) {
    let options = site.options();
    let options = options.iter().map(String::as_str).chain(UNLIMITED);
    let variables = [("RUST_LOG", "trace"), ("PAYMENTS_JWT_SECRET", SECRET)];
    let server = Server::start(options, &variables).await;
    let mut secrets = vec![SECRET.to_owned(), "tenancy_test:tenancy_test".to_owned()];
    for slug in ["riverside", "nordhafen", "lakeshore"] {
        let token = token::of(slug);
        let bank = server.client(slug);
        ask_for_all_kinds(&bank, slug).await;
        ask_for_all_kinds(&bank.with_credential(&token), slug).await;
        let expired = token::expired(slug);
        ask_for_all_kinds(&bank.with_credential(&expired), slug).await;
        let wrong = format!("{}0", server.tenant(slug).key);
        ask_for_all_kinds(&bank.with_credential(&wrong), slug).await;
        for secret in [&server.tenant(slug).key, &token, &expired, &wrong] {
            // The part of a token that makes it one.
            secrets.push(secret.rsplit('.').next().unwrap_or(secret).to_owned());
        }
    }
    let log = server.stop().await;
    for word in ["tenant refused", "DEBUG", "sqlx::query", "tenant.id", "/v1/payments"] {
        assert!(log.contains(word), "the log is not what this test takes it for: no {word}");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
}

async fn ask_for_all_kinds(bank: &Client, slug: &str) {
    for path in
        ["/", "/v1/payments", "/v1/payments/x", "/v1/payments?limit=x", "/v1/usage", "/nope"]
    {
        bank.get(path).await;
    }
    bank.pay("key", &one_euro()).await;
    bank.pay("key", &json!({ "amount": 2, "currency": "EUR" })).await;
    bank.pay("other", &json!({ "amount": 0 })).await;
    for tenant in ["riverside", "alnoor", "nobody"] {
        let order = json!({ "amount": 2, "currency": "EUR", "tenant_id": tenant });
        bank.pay("third", &order).await;
        let get = bank.request(http::Method::GET, "/v1/usage").header("x-tenant-id", tenant);
        bank.send(get).await;
    }
    let by_host = bank.request(http::Method::GET, "/").header("host", format!("{slug}.localhost"));
    bank.send(by_host).await;
}

/// Proves that the search of every answer finds something.
#[tokio::test]
#[should_panic(expected = "is said to somebody else")]
async fn an_answer_that_tells_is_found() {
    let site = Site::create(Stack::Embedded).await;
    let server = site.serve(&[]).await;
    let customers = server.client("nordhafen").get("/v1/customers").await;
    customers.ok(200);
    server.client("riverside").check(&customers);
}
