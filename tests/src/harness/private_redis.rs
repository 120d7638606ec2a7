use std::io;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A Redis of one test, to be killed and started again.
///
/// The demo tenants of two tests have the same ids, and would share limits in one Redis.
pub(crate) struct PrivateRedis {
    port: u16,
    folder: TempDir,
    server: Option<Child>,
}

impl PrivateRedis {
    /// Starts one on a free port, and returns when it takes connections.
    pub(crate) async fn running() -> Self {
        // Between finding a free port and using it another test may be faster.
        for _ in 0..20 {
            let mut redis = Self::stopped().await;
            if redis.try_start(&[]).await {
                return redis;
            }
        }
        panic!("redis found no free port in twenty tries");
    }

    /// A port where nothing listens yet.
    pub(crate) async fn stopped() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { port, folder, server: None }
    }

    /// The host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it with settings, and returns when it takes connections.
    pub(crate) async fn start(&mut self, settings: &[&str]) {
        assert!(self.try_start(settings).await, "redis starts at port {}", self.port);
    }

    pub(crate) async fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().await.expect("it can be killed");
        }
    }

    /// Stops it in the middle of whatever it does; connections stay open, and nothing answers.
    pub(crate) async fn pause(&self) {
        self.signal("STOP").await;
    }

    /// Lets it go on.
    pub(crate) async fn resume(&self) {
        self.signal("CONT").await;
    }

    pub(crate) fn is_running(&self) -> bool {
        self.server.is_some()
    }

    async fn signal(&self, signal: &str) {
        let process = self.server.as_ref().and_then(Child::id).expect("it runs");
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", signal, &process.to_string()]).status().await;
        assert!(sent.expect("kill runs").success(), "{signal} reaches redis");
    }

    pub(crate) async fn try_start(&mut self, settings: &[&str]) -> bool {
        let start = |program| {
            Command::new(program)
                .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
                .args(settings)
                .current_dir(self.folder.path())
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
        self.server = Some(server);
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
        is_ready
    }
}
