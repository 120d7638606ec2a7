//! A Redis of one test, to be killed and started again.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

pub(super) struct PrivateRedis {
    port: u16,
    folder: TempDir,
    server: Option<Child>,
}

impl PrivateRedis {
    /// A port where nothing listens yet.
    pub(super) fn stopped() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { port, folder, server: None }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it, and returns when it takes connections.
    pub(super) async fn start(&mut self, settings: &[&str]) {
        let server = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(settings)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .spawn();
        self.server = Some(server.expect("redis-server runs: tests/run installs it"));
        eventually("redis takes connections", async || {
            TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()
        })
        .await;
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("it can be killed");
            server.wait().expect("it ends");
        }
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks again and again until it is so.
pub(super) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !is_so().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(Duration::from_secs(30), asking).await.is_ok(), "not in 30 s: {what}");
}
