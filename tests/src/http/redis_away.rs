//! Redis goes away: limits stay, answers stay quick, and it comes back by itself.

use std::time::{Duration, Instant};

use crate::harness::{Answer, Client, Link, Server, Site, eventually};

/// What a machine under load may add to the 50 ms that the program waits for Redis.
const SOON: Duration = Duration::from_millis(1_500);

/// Three nodes: each may admit a third of the limit by itself.
const THREE_NODES: [&str; 2] = ["--nodes", "3"];

async fn soon(bank: &Client, path: &str) -> Answer {
    let asked = Instant::now();
    let answer = bank.get(path).await;
    assert!(asked.elapsed() < SOON, "it took {:?}: {answer:?}", asked.elapsed());
    answer
}

async fn becomes_ready(server: &Server) {
    let stranger = server.stranger();
    eventually("the server is ready", async || stranger.get("/ready").await.status == 200).await;
}

fn left(answer: &Answer) -> u64 {
    answer.ok(200);
    answer.header("x-ratelimit-remaining").parse().expect("a number")
}

/// Asks until it is refused; returns how often it was not.
async fn admitted(bank: &Client) -> u64 {
    for admitted in 0.. {
        let answer = soon(bank, "/v1/payments").await;
        if answer.status == 429 {
            answer.refused(429, "rate_limited");
            assert!(answer.headers.contains_key("retry-after"));
            return admitted;
        }
        answer.ok(200);
    }
    unreachable!("the loop has no end")
}

async fn goes_and_comes_back(go: impl Fn(&Link)) {
    let site = Site::behind_links().await;
    let server = site.serve(&THREE_NODES).await;
    let (riverside, nordhafen) = (server.client("riverside"), server.client("nordhafen"));
    becomes_ready(&server).await;
    assert_eq!(left(&riverside.get("/v1/payments").await), 59);

    go(&site.links().redis);
    let start = Instant::now();
    // A third of 60, a third of 300: each has its own.
    assert_eq!(admitted(&riverside).await, 20);
    assert_eq!(admitted(&nordhafen).await, 100);
    println!("122 answers without Redis took {:?}", start.elapsed());
    let not_ready = soon(&server.stranger(), "/ready").await;
    let problem = not_ready.refused(503, "not_ready");
    assert_eq!(problem["detail"], "no answer from: redis");
    soon(&server.stranger(), "/health").await.ok(200);

    site.links().redis.mend();
    becomes_ready(&server).await;
    eventually("redis counts again", async || {
        let answer = nordhafen.get("/v1/payments").await;
        answer.status == 200 && left(&answer) > 200
    })
    .await;
    assert!(left(&riverside.get("/v1/payments").await) >= 38, "what it forgot, it forgot for both");
}

#[tokio::test]
async fn a_cut_wire_leaves_a_share_of_the_limit() {
    goes_and_comes_back(Link::cut).await;
}

#[tokio::test]
async fn a_hanging_redis_is_not_waited_for() {
    goes_and_comes_back(Link::hang).await;
}

#[tokio::test]
async fn usage_says_that_it_is_not_known() {
    let site = Site::behind_links().await;
    let server = site.serve(&[]).await;
    becomes_ready(&server).await;
    site.links().redis.cut();
    for slug in ["riverside", "nordhafen"] {
        let bank = server.client(slug);
        let answer = soon(&bank, "/v1/usage").await;
        answer.refused(503, "unavailable");
        assert!(answer.headers.contains_key("retry-after"));
        // Payments go on: what they cost is not worth a lost payment.
        let asked = Instant::now();
        bank.pay("key", &super::one_euro()).await.ok(201);
        assert!(asked.elapsed() < SOON, "it took {:?}", asked.elapsed());
    }
    site.links().redis.mend();
    becomes_ready(&server).await;
    for slug in ["riverside", "nordhafen"] {
        server.client(slug).get("/v1/usage").await.ok(200);
    }
}

#[tokio::test]
async fn a_start_does_not_wait_for_it() {
    let site = Site::behind_links().await;
    site.links().redis.cut();
    let server = site.serve(&THREE_NODES).await;
    for slug in ["riverside", "nordhafen"] {
        soon(&server.client(slug), "/v1/payments").await.ok(200);
    }
    let not_ready = soon(&server.stranger(), "/ready").await;
    not_ready.refused(503, "not_ready");
    site.links().redis.mend();
    becomes_ready(&server).await;
}
