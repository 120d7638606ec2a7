use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;
use std::time::Duration;

use sqlx::{Connection as _, Executor as _, MySqlConnection};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// A MariaDB of one test, to be killed and started again on the same data.
pub(crate) struct PrivateMySql {
    port: u16,
    folder: TempDir,
    server: Option<Child>,
}

impl PrivateMySql {
    /// Starts one with an empty database, and returns when it takes connections.
    pub(crate) async fn running() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut mysql = Self { port, folder, server: None };
        let mut install = mysql.command("mariadb-install-db");
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        let made = install.status().await;
        assert!(made.expect("mariadb-install-db runs: tests/run installs it").success());
        mysql.start().await;
        let mut root = MySqlConnection::connect(&mysql.url_of("mysql")).await.expect("it answers");
        root.execute("CREATE DATABASE tenancy").await.expect("a new database");
        mysql
    }

    /// The address of its database.
    pub(crate) fn url(&self) -> String {
        self.url_of("tenancy")
    }

    fn url_of(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts it, and returns when it takes connections.
    pub(crate) async fn start(&mut self) {
        let mut start = self.command("mariadbd");
        let port = format!("--port={}", self.port);
        start.args([&port, "--bind-address=127.0.0.1", "--socket=mariadb.sock"]);
        start.args(["--skip-log-bin", "--skip-name-resolve"]);
        self.server = Some(start.spawn().expect("mariadbd runs: tests/run installs it"));
        let late = Instant::now() + Duration::from_mins(1);
        while MySqlConnection::connect(&self.url_of("mysql")).await.is_err() {
            assert!(Instant::now() < late, "it takes connections in time");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills it without a warning.
    pub(crate) async fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().await.expect("it can be killed");
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", self.folder.path().display()))
            // What was committed survives a kill, and needs no disk for that.
            .args(["--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=32M"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let folder = std::fs::metadata(self.folder.path()).expect("a folder");
        if folder.uid() == 0 {
            command.arg("--user=root");
        }
        command
    }
}
