use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::{Admin, eventually, variable};

/// A Postgres of one test, to be killed and started again. It syncs to disk, as those that matter
/// do.
pub(crate) struct PrivatePostgres {
    programs: PathBuf,
    /// Who runs the Postgres of all tests: it does not run as root.
    user: u32,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl PrivatePostgres {
    /// Starts one on a free port, with an empty database `test` of the role `tenancy_test`.
    pub(crate) async fn running() -> Self {
        let url = variable("DATABASE_URL");
        let mut shared = PgConnection::connect(&url).await.expect("the shared one answers");
        let mut ask = async |sql: &'static str| -> String {
            sqlx::query_scalar(sql).fetch_one(&mut shared).await.expect("it knows")
        };
        let programs = ask("SELECT setting FROM pg_config WHERE name = 'BINDIR'").await.into();
        let data = ask("SHOW data_directory").await;
        let user = std::fs::metadata(data).expect("it is on this machine").uid();
        let folder = tempfile::tempdir().expect("a temporary folder");
        chown(folder.path(), Some(user), None).expect("it is given away");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut postgres = Self { programs, user, folder, port, server: None };
        let options = ["--auth=trust", "--username=admin", "--encoding=UTF8", "--no-locale"];
        let mut initdb = postgres.command("initdb");
        let made = initdb.arg("-D").arg(postgres.data()).args(options).status().await;
        assert!(made.expect("initdb runs").success());
        postgres.start().await;
        let mut admin = Admin::at(&postgres.url_of("admin", "postgres")).await;
        admin.run("CREATE ROLE tenancy_test LOGIN").await;
        admin.run("CREATE DATABASE test OWNER tenancy_test").await;
        postgres
    }

    /// Starts a streaming replica of it on another port.
    pub(crate) async fn replica(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        chown(folder.path(), Some(self.user), None).expect("it is given away");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let programs = self.programs.clone();
        let mut replica = Self { programs, user: self.user, folder, port, server: None };
        let from = ["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "admin"];
        let mut copy = replica.command("pg_basebackup");
        copy.args(from).args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
        let copied = copy.arg("-D").arg(replica.data()).status().await;
        assert!(copied.expect("pg_basebackup runs").success());
        replica.start().await;
        replica
    }

    /// For the superuser.
    pub(crate) fn admin_url(&self, database: &str) -> String {
        self.url_of("admin", database)
    }

    pub(crate) fn url(&self) -> String {
        self.url_of("tenancy_test", "test")
    }

    /// Starts it, and returns when it answers: after a kill that is when it has recovered.
    pub(crate) async fn start(&mut self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories="] {
            command.args(["-c", setting]);
        }
        let mut server = command.spawn().expect("postgres starts");
        let url = self.url_of("admin", "postgres");
        eventually("it answers", async || {
            // What is left of the one that was killed may have its memory or its port for a
            // moment: then this one ends at once.
            if server.try_wait().expect("it can be asked").is_some() {
                server = command.spawn().expect("postgres starts");
            }
            PgConnection::connect(&url).await.is_ok()
        })
        .await;
        self.server = Some(server);
    }

    /// Kills the server and all its processes, with no chance to write anything.
    pub(crate) async fn kill(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let id = server.id().expect("it runs");
        // Its processes are groups of their own. Those that begin meanwhile end by themselves.
        let all = format!("kill -9 {id} $(ps -o pid= --ppid {id})");
        let _killed = Command::new("sh").args(["-c", &all]).status().await.expect("a shell");
        server.wait().await.expect("it is gone");
        // What is left of it would be taken for a server that runs.
        let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = std::process::Command::new(Path::new(&self.programs).join(program));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.current_dir(self.folder.path());
        if std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() != self.user) {
            command.uid(self.user);
        }
        let mut command = Command::from(command);
        command.kill_on_drop(true);
        command
    }
}
