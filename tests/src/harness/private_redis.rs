use std::io;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A Redis of one test: the demo tenants of two tests have the same ids, and would share limits.
pub(crate) struct PrivateRedis {
    port: u16,
    _server: Child,
    _folder: TempDir,
}

impl PrivateRedis {
    /// Starts it on a free port, and returns when it takes connections.
    pub(crate) async fn start() -> Self {
        // Between finding a free port and using it another test may be faster.
        for _ in 0..20 {
            if let Some(redis) = Self::start_at(free_port().await).await {
                return redis;
            }
        }
        panic!("redis found no free port in twenty tries");
    }

    /// The host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn start_at(port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let start = |program| {
            Command::new(program)
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
                .current_dir(folder.path())
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
        };
        let server = match start("redis-server") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => start("valkey-server"),
            started => started,
        };
        let mut server = server.expect("redis-server runs: tests/run installs it");
        let mut lines = BufReader::new(server.stdout.take().expect("it is piped")).lines();
        let is_ready = async {
            while let Some(line) = lines.next_line().await.expect("its output is text") {
                if line.contains("Ready to accept connections") {
                    return true;
                }
            }
            false
        };
        let is_ready = timeout(Duration::from_secs(30), is_ready).await.expect("redis starts");
        // Nobody may stop reading: it would end on its next line.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        is_ready.then_some(Self { port, _server: server, _folder: folder })
    }
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address").port()
}
