//! How many requests a second are left with all layers, over a socket, where the handler reads a
//! row of SQLite? Beside the same handler on bare axum, with the same headers both ways.
//!
//! `wrk` calls one and the other in turn. Each round leaves the time for a request: a second
//! divided by its requests. The servers and their databases have one core, and `wrk` another:
//! left to the system, the thread of SQLite wanders between both, and the same server answers
//! 10,000 requests in one second and 40,000 in the next.

mod stack;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tower::ServiceExt as _;

use stack::Stack;

/// Many and short: what else the machine does meets both alike.
const ROUNDS: usize = 30;
const SECONDS: &str = "1s";
/// The cores of both sides.
const SERVERS: &str = "0";
const CALLER: &str = "1";

/// What both applications do.
async fn read(State(pool): State<SqlitePool>) -> String {
    let total: i64 = sqlx::query_scalar("SELECT total FROM invoices WHERE id = ?")
        .bind(17)
        .fetch_one(&pool)
        .await
        .expect("a row");
    total.to_string()
}

async fn pool() -> SqlitePool {
    // One connection: each would have a database of its own.
    let options = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
    let pool = options.connect("sqlite::memory:").await.expect("a database");
    for sql in [
        "CREATE TABLE invoices (id INTEGER PRIMARY KEY, total INTEGER NOT NULL)",
        "INSERT INTO invoices VALUES (17, 990)",
    ] {
        sqlx::query(sql).execute(&pool).await.expect("a table");
    }
    pool
}

/// The addresses of both, and the credential that they are called with.
struct Served {
    bare: SocketAddr,
    layered: SocketAddr,
    credential: String,
}

/// Serves both on one thread: the other core is for the caller.
fn serve() -> Served {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let stack = Stack::new().await;
            let plain = Router::new().route("/", get(read)).with_state(pool().await);
            let layered = stack.around(plain);
            let said = said_by(&layered, &stack).await;
            let bare = Router::new()
                .route(
                    "/",
                    get(move |state| async move { (said, read(state).await).into_response() }),
                )
                .with_state(pool().await);
            let (first, bare_at) = listener().await;
            let (second, layered_at) = listener().await;
            let credential = stack.credential();
            tell.send(Served { bare: bare_at, layered: layered_at, credential }).expect("heard");
            let (first, second) =
                tokio::join!(axum::serve(first, bare), axum::serve(second, layered));
            first.and(second).expect("it serves");
        });
    });
    told.recv().expect("it starts")
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// The headers that the layers add to an answer.
async fn said_by(layered: &Router, stack: &Stack) -> HeaderMap {
    let request = stack.request().body(Body::empty()).expect("a request");
    let answer = layered.clone().oneshot(request).await.expect("it does not fail");
    assert_eq!(answer.status(), StatusCode::OK);
    let mut said = answer.headers().clone();
    for both in ["content-type", "content-length"] {
        said.remove(both);
    }
    assert!(said.contains_key("x-request-id") && said.contains_key("ratelimit"), "{said:?}");
    said
}

fn call_once(address: SocketAddr, credential: &str) {
    let mut socket = TcpStream::connect(address).expect("a connection");
    write!(
        socket,
        "GET / HTTP/1.1\r\nhost: localhost\r\nauthorization: {credential}\r\nconnection: close\r\n\r\n"
    )
    .expect("it listens");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers");
    let head = answer.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("\r\nratelimit:"), "{answer}");
    assert!(answer.ends_with("990"), "{answer}");
}

/// Keeps this process, threads included, on one core.
fn stay_on_one_core() {
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-a", "-c", "-p", SERVERS, &pid]).output();
    assert!(pinned.is_ok_and(|output| output.status.success()), "taskset is there on Linux");
}

/// Returns nanoseconds for each request.
fn wrk(address: SocketAddr, credential: &str) -> f64 {
    let output = Command::new("taskset")
        .args([
            "-c",
            CALLER,
            "wrk",
            "-t1",
            "-c16",
            "-d",
            SECONDS,
            "-H",
            &format!("Authorization: {credential}"),
        ])
        .arg(format!("http://{address}/"))
        .output()
        .expect("wrk is installed: start this with benches/run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !text.contains("Non-2xx"), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    let requests: f64 = line.and_then(|line| line.trim().parse().ok()).expect("a number");
    1e9 / requests
}

fn main() {
    let served = serve();
    for address in [served.bare, served.layered] {
        call_once(address, &served.credential);
    }
    // `cargo test --bench` only wants to know that it works.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    stay_on_one_core();
    let (mut bare, mut layered) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // By turns who goes first.
        let order = if round % 2 == 0 { [true, false] } else { [false, true] };
        for is_bare in order {
            let (address, times) =
                if is_bare { (served.bare, &mut bare) } else { (served.layered, &mut layered) };
            times.push(wrk(address, &served.credential));
        }
        let requests = |times: &[f64]| 1e9 / times.last().expect("a round");
        let (bare, layered) = (requests(&bare), requests(&layered));
        println!("edge_wrk round {round}: bare {bare:.0}/s, all layers {layered:.0}/s");
    }
    for (name, times) in [("bare", bare), ("all_layers", layered)] {
        tenancy_benches::record(&format!("edge_wrk/{name}"), &times).expect("a folder");
    }
}
