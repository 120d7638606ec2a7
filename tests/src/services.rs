//! Every server that the tests need is there: a missing one is a failure, never a skip.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::harness::{Admin, address, variable};

#[tokio::test]
async fn postgres_answers() {
    let mut admin = Admin::of("postgres").await;
    let version = admin.count("SELECT current_setting('server_version_num')::bigint").await;
    assert!(version >= 150_000, "Postgres 15 or later is needed, this is {version}");
}

#[tokio::test]
async fn mariadb_greets() {
    let mut stream = TcpStream::connect(address(&variable("MYSQL_URL"))).await.expect("it listens");
    let mut greeting = [0_u8; 64];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut greeting)).await;
    let length = read.expect("in time").expect("a greeting");
    // Protocol 10, then the version in text, behind the packet's four bytes.
    assert!(length > 10, "the greeting is too short");
    assert_eq!(greeting[4], 10);
}

#[tokio::test]
async fn redis_answers() {
    let client = redis::Client::open(variable("REDIS_URL")).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("it listens");
    let pong: String = redis::cmd("PING").query_async(&mut connection).await.expect("an answer");
    assert_eq!(pong, "PONG");
}

#[tokio::test]
async fn every_slot_of_the_redis_cluster_is_served() {
    let url = variable("REDIS_CLUSTER_URL");
    let first = address(&url);
    let first = first.split(',').next().expect("a server");
    let client = redis::Client::open(format!("redis://{first}")).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("it listens");
    let mut info = redis::cmd("CLUSTER");
    let info: String = info.arg("INFO").query_async(&mut connection).await.expect("an answer");
    assert!(info.contains("cluster_slots_ok:16384"), "{info}");
    assert!(info.contains("cluster_known_nodes:6"), "three primaries and their replicas: {info}");
}

#[tokio::test]
async fn pgbouncer_answers() {
    TcpStream::connect(address(&variable("PGBOUNCER_URL"))).await.expect("it listens");
}
