//! The one file that knows the redis crate's connections.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream as _;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, IntoConnectionInfo, RedisError, ServerErrorKind,
    Value,
};
use tenancy_core::Error;

use crate::failure::{Cause, Failure};
use crate::scripts::{self, Script};

/// Where Redis is, and how to log in.
#[derive(Clone)]
pub(crate) struct Endpoint(Client);

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        // The cause is left out: it could repeat the URL, and with it the password.
        let invalid = |_| {
            let message = "read the URL of redis: redis://host:port is expected (no TLS)";
            Error::invalid("redis_url", message)
        };
        let info = url.into_connection_info().map_err(invalid)?;
        // Without it a small request waits for the acknowledgement of the one before.
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Client::open(info).map(Self).map_err(invalid)
    }

    /// Connects and loads the scripts. There is no time limit here: the caller has one.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        // Time limits are ours: one for a whole call, not one for each command.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            // Room for the callers of a burst; the default is 50.
            .set_pipeline_buffer_size(1_024);
        let connected = self.0.get_multiplexed_async_connection_with_config(&config).await;
        let socket = connected.map_err(|error| failure(&error))?;
        let mut connection = Connection { socket, run: "".into(), keeps_all: false };
        for script in scripts::all() {
            connection.load(script).await?;
        }
        connection.ask_about().await?;
        Ok(connection)
    }
}

impl Endpoint {
    /// Connects to listen to a channel. There is no time limit here: the caller has one.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<Subscription, Failure> {
        let connected = self.0.get_async_pubsub().await;
        let (mut sink, stream) = connected.map_err(|error| failure(&error))?.split();
        sink.subscribe(channel).await.map_err(|error| failure(&error))?;
        Ok(Subscription { sink, stream })
    }
}

/// One socket that listens. It does not reconnect.
pub(crate) struct Subscription {
    sink: PubSubSink,
    stream: PubSubStream,
}

impl Subscription {
    /// Waits for a message; `None` when the connection is lost.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        let message = poll_fn(|cx| Pin::new(&mut self.stream).poll_next(cx)).await?;
        Some(message.get_payload_bytes().to_vec())
    }

    /// Asks whether the server is there.
    pub(crate) async fn ping(&mut self) -> Result<(), Failure> {
        self.sink.ping::<Value>().await.map(drop).map_err(|error| failure(&error))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.get_connection_info().addr())
    }
}

/// One socket, shared by its clones. It does not reconnect.
#[derive(Clone)]
pub(crate) struct Connection {
    socket: MultiplexedConnection,
    run: Run,
    keeps_all: bool,
}

/// What a server calls itself from its start to its end.
///
/// It may start with what it had saved some time ago, and what was done since is undone. What is
/// written together with the run is known to be of this one.
pub(crate) type Run = Arc<str>;

impl Connection {
    /// Sends a request and waits for the answer.
    ///
    /// Redis forgets scripts when it restarts or is told to; then the text is sent along.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have happened.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        match (self.ask(&request.command).await, request.script) {
            (Err(error), Some(script)) if is_no_script(&error) => {
                // Not loaded and called anew: it could be forgotten again in between.
                self.ask(&request.with_text_of(script)).await
            }
            (answer, _) => answer,
        }
        .map(Reply)
        .map_err(|error| failure(&error))
    }

    /// Returns the run of the server, empty when it may not be asked for.
    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// Tells whether the server evicts no key when it is full; false when it may not be asked for.
    pub(crate) fn keeps_all(&self) -> bool {
        self.keeps_all
    }

    async fn ask_about(&mut self) -> Result<(), Failure> {
        let mut info = redis::cmd("INFO");
        info.arg("server").arg("memory");
        match info.query_async::<String>(&mut self.socket).await {
            Ok(info) => {
                let told = |name| info.lines().find_map(|line| line.strip_prefix(name));
                self.run = told("run_id:").unwrap_or_default().into();
                self.keeps_all = told("maxmemory_policy:") == Some("noeviction");
                Ok(())
            }
            // An access list may forbid it.
            Err(error) if matches!(error.kind(), ErrorKind::Server(_)) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn ask(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        self.socket.send_packed_command(command).await.and_then(Value::extract_error)
    }

    async fn load(&mut self, script: &Script) -> Result<(), Failure> {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(script.text);
        load.query_async(&mut self.socket).await.map_err(|error| failure(&error))
    }
}

/// A command, or a call of a script.
pub(crate) struct Request {
    command: Cmd,
    script: Option<&'static Script>,
}

impl Request {
    pub(crate) fn command(name: &str) -> Self {
        Self { command: redis::cmd(name), script: None }
    }

    /// Begins a call; `keys` keys follow, then the arguments.
    pub(crate) fn call(script: &'static Script, keys: usize) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&script.sha).arg(keys);
        Self { command, script: Some(script) }
    }

    fn with_text_of(&self, script: &Script) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(script.text);
        // Behind the command's name and the script's.
        for arg in self.command.args_iter().skip(2) {
            if let redis::Arg::Simple(bytes) = arg {
                command.arg(bytes);
            }
        }
        command
    }

    pub(crate) fn arg(&mut self, arg: impl redis::ToRedisArgs) -> &mut Self {
        self.command.arg(arg);
        self
    }
}

/// An answer that is no error.
pub(crate) struct Reply(Value);

impl Reply {
    pub(crate) fn integer(self) -> Result<i64, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    pub(crate) fn integers(self) -> Result<Vec<i64>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    /// Reads numbers, with `None` where there is something else.
    pub(crate) fn numbers(self) -> Result<Vec<Option<i64>>, Failure> {
        let Value::Array(values) = self.0 else {
            return Err(Failure::Refused(Cause::new("an answer of another shape")));
        };
        let number = |value| if let Value::Int(number) = value { Some(number) } else { None };
        Ok(values.into_iter().map(number).collect())
    }

    pub(crate) fn bytes(self) -> Result<Vec<u8>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    /// Reads the values of keys, of which some may not be there.
    pub(crate) fn values(self) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }

    pub(crate) fn pairs(self) -> Result<Vec<(String, i64)>, Failure> {
        redis::from_redis_value(self.0).map_err(|error| unexpected(&error))
    }
}

fn unexpected(_: &redis::ParsingError) -> Failure {
    Failure::Refused(Cause::new("an answer of another shape"))
}

fn is_no_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

fn failure(error: &RedisError) -> Failure {
    let cause = match error.kind() {
        ErrorKind::Io => Cause::new(error.to_string()),
        _ => Cause::new(error.code().unwrap_or(error.category())),
    };
    match error.kind() {
        // About this request only, or gone as soon as somebody repairs the server's settings.
        ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::ExecAbort)
        | ErrorKind::Extension
        | ErrorKind::UnexpectedReturnType => Failure::Refused(cause),
        // Loading, read only, not allowed, cut: another connection may find another server.
        _ => Failure::Lost(cause),
    }
}
