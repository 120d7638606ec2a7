//! More requests than the plan allows.

use http::Method;
use tokio::task::JoinSet;

use super::one_euro;
use crate::harness::{Answer, Client, Site, Stack, on_both_stacks};

on_both_stacks!(
    the_rate_is_kept_to_the_request_and_is_the_tenants_own,
    the_rate_is_one_for_all_routes,
    who_knows_only_the_host_uses_up_nothing,
);

async fn at_once(bank: &Client, times: usize) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for _ in 0..times {
        let bank = bank.clone();
        running.spawn(async move { bank.get("/v1/usage").await });
    }
    running.join_all().await
}

fn number(answer: &Answer, header: &str) -> u64 {
    answer.header(header).parse().expect("a number")
}

async fn the_rate_is_kept_to_the_request_and_is_the_tenants_own(site: &Site) {
    let server = site.serve(&[]).await;
    let (riverside, nordhafen) = (server.client("riverside"), server.client("nordhafen"));
    let answers = at_once(&riverside, 100).await;
    let (admitted, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((admitted.len(), refused.len()), (60, 40));
    let mut left: Vec<_> =
        admitted.iter().map(|answer| number(answer, "x-ratelimit-remaining")).collect();
    left.sort_unstable();
    assert_eq!(left, (0..60).collect::<Vec<_>>(), "each was told its own place");
    for answer in refused {
        answer.refused(429, "rate_limited");
        assert!((1..=60).contains(&number(answer, "retry-after")), "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), "\"tenant\";q=60;w=60");
        assert!(answer.header("ratelimit").starts_with("\"tenant\";r=0;t="));
        assert_eq!(number(answer, "x-ratelimit-limit"), 60);
        assert_eq!(number(answer, "x-ratelimit-remaining"), 0);
        assert!((1..=60).contains(&number(answer, "x-ratelimit-reset")));
    }
    let other = nordhafen.get("/v1/usage").await;
    other.ok(200);
    assert_eq!(number(&other, "x-ratelimit-limit"), 300);
    assert_eq!(number(&other, "x-ratelimit-remaining"), 299, "nobody else used any of it");
}

/// Whichever node a request comes to.
#[tokio::test]
async fn nodes_share_one_limit() {
    let site = Site::create(Stack::Servers).await;
    let nodes = [site.serve(&[]).await, site.serve(&[]).await];
    let riverside = nodes.each_ref().map(|node| node.client("riverside"));
    let (one, other) = tokio::join!(at_once(&riverside[0], 50), at_once(&riverside[1], 50));
    let admitted = one.iter().chain(&other).filter(|answer| answer.status == 200).count();
    assert_eq!(admitted, 60);
    for (node, left) in nodes.iter().zip([299, 298]) {
        let answer = node.client("nordhafen").get("/v1/usage").await;
        assert_eq!(number(&answer, "x-ratelimit-remaining"), left);
    }
}

async fn the_rate_is_one_for_all_routes(site: &Site) {
    let server = site.serve(&["--requests-per-minute", "12"]).await;
    let (riverside, nordhafen) = (server.client("riverside"), server.client("nordhafen"));
    for round in 0..3 {
        riverside.get("/v1/payments").await.ok(200);
        riverside.get("/v1/payments/x").await.refused(404, "resource_missing");
        riverside.pay(&format!("key-{round}"), &one_euro()).await.ok(201);
        riverside.get("/v1/customers?limit=0").await.refused(422, "parameter_invalid");
    }
    for path in ["/v1/payments", "/v1/payments/x", "/v1/customers", "/v1/usage", "/"] {
        riverside.get(path).await.refused(429, "rate_limited");
    }
    let pay = riverside.pay("key-0", &one_euro()).await;
    pay.refused(429, "rate_limited");
    // Probes, descriptions and refusals before the limit cost nothing.
    for path in ["/health", "/ready", "/openapi.json"] {
        assert_eq!(riverside.get(path).await.status, 200);
    }
    assert_eq!(number(&nordhafen.get("/v1/usage").await, "x-ratelimit-remaining"), 11);
}

/// Anybody can know a host. Were it counted with the tenant's own requests, a stranger could
/// keep a bank from working.
async fn who_knows_only_the_host_uses_up_nothing(site: &Site) {
    let server = site.serve(&["--requests-per-minute", "10"]).await;
    let stranger = server.stranger();
    let visit = || stranger.request(Method::GET, "/").header("host", "riverside.localhost");
    let mut shown = 0;
    for _ in 0..15 {
        let answer = stranger.send(visit()).await;
        shown += usize::from(answer.status == 200);
        assert!(answer.status == 200 || number(&answer, "retry-after") > 0);
    }
    assert_eq!(shown, 10);
    for slug in ["riverside", "nordhafen"] {
        let answer = server.client(slug).get("/v1/usage").await;
        answer.ok(200);
        assert_eq!(number(&answer, "x-ratelimit-remaining"), 9, "{slug}");
    }
}
