//! The database goes away: a clear refusal within seconds, and a way back without a restart.

use std::time::{Duration, Instant};

use super::{UNLIMITED, one_euro, payments};
use crate::harness::{Answer, Client, Link, Server, Site, eventually};

/// Seconds, not minutes: the program waits two for a connection.
const LONGEST: Duration = Duration::from_secs(10);

async fn in_time(asking: impl Future<Output = Answer>) -> Answer {
    let asked = Instant::now();
    let answer = tokio::time::timeout(3 * LONGEST, asking).await.expect("an answer in 30 s");
    assert!(asked.elapsed() < LONGEST, "it took {:?}: {answer:?}", asked.elapsed());
    println!("{} after {:?}", answer.status, asked.elapsed());
    answer
}

async fn is_refused(asking: impl Future<Output = Answer>) {
    let answer = in_time(asking).await;
    answer.refused(503, "unavailable");
    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
}

async fn goes_and_comes_back(go: impl Fn(&Link)) {
    let site = Site::behind_links().await;
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "nordhafen"].map(|slug| server.client(slug));
    for bank in &banks {
        bank.pay("before", &one_euro()).await.ok(201);
    }

    go(&site.links().database);
    for bank in &banks {
        is_refused(bank.get("/v1/payments")).await;
        is_refused(bank.pay("during", &one_euro())).await;
    }
    is_refused(server.client("lakeshore").get("/v1/payments")).await;
    probes_tell(&server).await;
    at_once_are_refused_too(&banks).await;

    site.links().database.mend();
    let stranger = server.stranger();
    eventually("the server is ready", async || stranger.get("/ready").await.status == 200).await;
    for bank in &banks {
        // What was refused can be sent again.
        bank.pay("during", &one_euro()).await.ok(201);
        assert_eq!(payments(bank).await.len(), 32);
    }
}

async fn probes_tell(server: &Server) {
    let stranger = server.stranger();
    let problem = in_time(stranger.get("/ready")).await.refused(503, "not_ready");
    assert_eq!(problem["detail"], "no answer from: database");
    stranger.get("/health").await.ok(200);
}

/// More than there are connections: nobody waits behind another's wait.
async fn at_once_are_refused_too(banks: &[Client; 2]) {
    let mut running = tokio::task::JoinSet::new();
    for bank in banks.iter().cycle().take(60) {
        let bank = bank.clone();
        running.spawn(async move { is_refused(bank.get("/v1/payments")).await });
    }
    running.join_all().await;
}

#[tokio::test]
async fn a_cut_wire() {
    goes_and_comes_back(Link::cut).await;
}

#[tokio::test]
async fn a_database_that_hangs() {
    goes_and_comes_back(Link::hang).await;
}
