use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::{address, eventually, variable};

/// A PgBouncer of one test, in front of the Postgres of all tests.
pub(crate) struct PrivatePgBouncer {
    port: u16,
    _folder: TempDir,
    _server: Child,
}

impl PrivatePgBouncer {
    /// Starts one with these lines in its settings, such as `pool_mode = session`.
    pub(crate) async fn with(settings: &str) -> Self {
        let url = variable("DATABASE_URL");
        let mut shared = PgConnection::connect(&url).await.expect("the shared one answers");
        let data: String = sqlx::query_scalar("SHOW data_directory")
            .fetch_one(&mut shared)
            .await
            .expect("it knows");
        // PgBouncer does not run as root; Postgres neither.
        let user = std::fs::metadata(data).expect("it is on this machine").uid();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let server = address(&url);
        let (host, server_port) = server.rsplit_once(':').expect("a port");
        let (users, ini) = (folder.path().join("users"), folder.path().join("ini"));
        std::fs::write(&users, "\"tenancy_test\" \"tenancy_test\"\n").expect("written");
        let settings = format!(
            "[databases]\n* = host={host} port={server_port}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\n\
             ignore_startup_parameters = extra_float_digits,options\n{settings}\n",
            users.display(),
        );
        std::fs::write(&ini, settings).expect("written");
        for path in [folder.path(), &users, &ini] {
            chown(path, Some(user), None).expect("it is given away");
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"]);
        let program = folders.map(|folder| Path::new(folder).join("pgbouncer"));
        let program = program.into_iter().find(|program| program.exists()).expect("a pgbouncer");
        let mut command = std::process::Command::new(program);
        command.arg(&ini).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() != user) {
            command.uid(user);
        }
        let mut command = Command::from(command);
        command.kill_on_drop(true);
        let server = command.spawn().expect("pgbouncer starts");
        let bouncer = Self { port, _folder: folder, _server: server };
        let url = bouncer.url_of("postgres");
        eventually("it answers", async || PgConnection::connect(&url).await.is_ok()).await;
        bouncer
    }

    /// The address of a database behind it.
    pub(crate) fn url_of(&self, database: &str) -> String {
        format!("postgres://tenancy_test:tenancy_test@127.0.0.1:{}/{database}", self.port)
    }
}
