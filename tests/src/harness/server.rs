use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{Client, DemoTenant, eventually};

/// Long enough for a machine under load, short enough to be a failure.
const DEADLINE: Duration = Duration::from_mins(1);

/// The program `payments`, started as people start it. Killed when dropped.
pub(crate) struct Server {
    program: Child,
    log: Log,
    announced: Announced,
    ready_after: Duration,
}

/// What the program prints when it starts.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    pub(crate) address: String,
    pub(crate) tenants: Vec<DemoTenant>,
    /// Commands to paste into a terminal.
    pub(crate) commands: Vec<String>,
    /// Of a server with a clock to move.
    pub(crate) operator_key: Option<String>,
}

impl Server {
    /// Starts it on a free port and returns when it says that it listens.
    pub(crate) async fn start(
        options: impl IntoIterator<Item = &str>,
        variables: &[(&str, &str)],
    ) -> Self {
        let started = Instant::now();
        let mut command = command();
        let mut program = command
            .args(["--listen", "127.0.0.1:0"])
            .args(options)
            .envs(variables.iter().copied())
            .spawn()
            .expect("the program starts");
        let log = Log::of(program.stderr.take().expect("it is piped"));
        let mut output = BufReader::new(program.stdout.take().expect("it is piped")).lines();
        let announced = timeout(DEADLINE, Announced::read(&mut output)).await;
        let Ok(Some(announced)) = announced else {
            let status = program.try_wait();
            panic!("payments said nothing: {status:?}, its log:\n{}", log.text());
        };
        let ready_after = started.elapsed();
        // It may say more: a full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = output.next_line().await {} });
        Self { program, log, announced, ready_after }
    }

    /// Runs it where it must refuse to start, and returns what it says about that.
    pub(crate) async fn refuse(options: &[&str]) -> String {
        let elsewhere = options.contains(&"--listen");
        let listen: &[&str] = if elsewhere { &[] } else { &["--listen", "127.0.0.1:0"] };
        let run = command().args(listen).args(options).output();
        let output = timeout(DEADLINE, run).await.expect("it ends").expect("it starts");
        assert!(!output.status.success(), "it must refuse to start with {options:?}");
        String::from_utf8(output.stderr).expect("text")
    }

    /// Runs one of its commands with a line of input; tells whether it did it, and what it said.
    pub(crate) async fn run(options: &[String], words: &[&str], input: &str) -> (bool, String) {
        let mut run = command();
        let mut run =
            run.args(options).args(words).stdin(Stdio::piped()).spawn().expect("it starts");
        let mut pipe = run.stdin.take().expect("it is piped");
        // One that does not want it may have ended.
        let _ = pipe.write_all(format!("{input}\n").as_bytes()).await;
        drop(pipe);
        let output = timeout(DEADLINE, run.wait_with_output()).await;
        let output = output.expect("it ends").expect("a status");
        (output.status.success(), String::from_utf8(output.stderr).expect("text"))
    }

    /// Runs one of its commands to a good end; returns what it prints.
    pub(crate) async fn output(options: &[String], words: &[&str]) -> String {
        let run = command().args(options).args(words).stdin(Stdio::null()).output();
        let output = timeout(DEADLINE, run).await.expect("it ends").expect("a status");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Kills it on its way to being ready.
    pub(crate) async fn kill_in_start(options: &[String], is_time: impl AsyncFnMut() -> bool) {
        let mut program = command().args(["--listen", "127.0.0.1:0"]).args(options).spawn();
        eventually("it comes that far", is_time).await;
        program.as_mut().expect("it starts").kill().await.expect("it can be killed");
    }

    pub(crate) fn announced(&self) -> &Announced {
        &self.announced
    }

    pub(crate) fn address(&self) -> &str {
        &self.announced.address
    }

    pub(crate) const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Returns what it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    pub(crate) fn tenant(&self, slug: &str) -> &DemoTenant {
        let found = self.announced.tenants.iter().find(|tenant| tenant.slug == slug);
        found.unwrap_or_else(|| panic!("no demo tenant {slug}"))
    }

    /// A caller with the API key of a tenant.
    pub(crate) fn client(&self, slug: &str) -> Client {
        Client::of(&self.announced, Some(self.tenant(slug)))
    }

    /// A caller with the test key of a tenant.
    pub(crate) fn test_client(&self, slug: &str) -> Client {
        self.client(slug).with_credential(&self.tenant(slug).test_key)
    }

    /// Somebody at a tenant's host who has no credential yet.
    pub(crate) fn visitor(&self, slug: &str) -> Client {
        Client::of(&self.announced, Some(self.tenant(slug))).without_credential()
    }

    /// A caller without any credential.
    pub(crate) fn stranger(&self) -> Client {
        Client::of(&self.announced, None)
    }

    /// Whoever runs the machine, of a server with `--demo-clock`.
    pub(crate) fn operator(&self) -> Client {
        let key = self.announced.operator_key.as_ref().expect("it runs with --demo-clock");
        self.stranger().with_credential(key)
    }

    /// Moves its clock forward.
    pub(crate) async fn advance(&self, by: Duration) {
        let body = serde_json::json!({ "advance_seconds": by.as_secs() });
        self.operator().post("/demo/clock", &body).await.ok(200);
    }

    /// Asks it to stop, as Ctrl-C does.
    pub(crate) async fn interrupt(&self) {
        let id = self.program.id().expect("it runs");
        let kill = Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().await;
        assert!(kill.expect("a shell").success());
    }

    /// Waits until it has ended by itself, without a fault; returns its whole log.
    pub(crate) async fn ended(self) -> String {
        let (is_good, log) = self.exited().await;
        assert!(is_good, "it ended with a fault: {log}");
        log
    }

    /// Waits until it has ended by itself; returns whether all was well, and its whole log.
    pub(crate) async fn exited(mut self) -> (bool, String) {
        let status = timeout(DEADLINE, self.program.wait()).await;
        let status = status.expect("it does not end").expect("a status");
        (status.success(), self.log.ended().await)
    }

    /// Stops it as Ctrl-C does; returns its whole log.
    pub(crate) async fn stop(self) -> String {
        self.interrupt().await;
        self.ended().await
    }

    /// Ends it at once, as `kill -9` and the system do; returns its whole log.
    pub(crate) async fn kill(mut self) -> String {
        self.program.kill().await.expect("it can be killed");
        self.log.ended().await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of payments:\n{}", self.log.text());
        }
    }
}

impl Announced {
    /// Reads to the last line; `None` when the program ends before.
    async fn read(output: &mut Lines<BufReader<ChildStdout>>) -> Option<Self> {
        let mut announced = Self::default();
        while let Some(line) = output.next_line().await.expect("its output is text") {
            let words: Vec<_> = line.split_whitespace().collect();
            match *words.as_slice() {
                ["payments", "listens", "at", url, ..] => {
                    let address = url.strip_prefix("http://").expect("a URL");
                    address.trim_end_matches('/').clone_into(&mut announced.address);
                }
                ["page", url] => announced.tenants.push(DemoTenant::at(url)),
                ["operator-key", key] => announced.operator_key = Some(key.to_owned()),
                ["key", key] => key.clone_into(&mut announced.last_tenant().key),
                ["test", key] => key.clone_into(&mut announced.last_tenant().test_key),
                ["curl", ..] => announced.commands.push(line),
                ["Ctrl-C", ..] => return Some(announced),
                _ => {}
            }
        }
        None
    }

    fn last_tenant(&mut self) -> &mut DemoTenant {
        self.tenants.last_mut().expect("a page comes before its key")
    }
}

/// What the program writes to standard error.
struct Log {
    text: Arc<Mutex<String>>,
    reading: tokio::task::JoinHandle<()>,
}

impl Log {
    fn of(output: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let written = text.clone();
        let reading = tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut text = written.lock().expect("nobody panics with it");
                text.push_str(&line);
                text.push('\n');
            }
        });
        Self { text, reading }
    }

    fn text(&self) -> String {
        self.text.lock().expect("nobody panics with it").clone()
    }

    async fn ended(&mut self) -> String {
        let ended = timeout(DEADLINE, &mut self.reading).await;
        ended.expect("the log ends with the program").expect("no panic");
        self.text()
    }
}

/// The program next to this one, with no settings from the environment.
fn command() -> Command {
    let mut command = Command::new(program("payments"));
    for name in ["DATABASE_URL", "REDIS_URL", "RUST_LOG"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PAYMENTS_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// `target/debug/NAME`; this test is in `target/debug/deps`.
pub(super) fn program(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("the path of this test");
    let folder = this.ancestors().nth(2).expect("two folders above");
    let program = folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        program.is_file(),
        "{} is missing: run tests/run, or first cargo build --workspace --all-features --bins",
        program.display()
    );
    program
}
