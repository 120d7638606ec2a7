//! The one file that knows the redis crate's connections.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream as _;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind,
    IntoConnectionInfo, RedisError, ServerErrorKind, Value,
};
use tenancy_core::Error;

use crate::failure::{Cause, Elsewhere, Failure};
use crate::request::{Reply, Request};
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
        url.into_connection_info().and_then(Self::open).map_err(invalid)
    }

    fn open(info: ConnectionInfo) -> Result<Self, RedisError> {
        // Without it a small request waits for the acknowledgement of the one before.
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Client::open(info).map(Self)
    }

    /// Returns another server with the same login. `None` for what is no address.
    ///
    /// A server that does not know its own address leaves the host out: it is where this one is.
    pub(crate) fn at(&self, address: &str) -> Option<Self> {
        let (host, port) = address.rsplit_once(':')?;
        let host = match (host, self.0.get_connection_info().addr()) {
            ("" | "?", ConnectionAddr::Tcp(host, _)) => host.as_str(),
            ("" | "?", _) => return None,
            (host, _) => host.trim_start_matches('[').trim_end_matches(']'),
        };
        let address = ConnectionAddr::Tcp(host.to_owned(), port.parse().ok().filter(|p| *p > 0)?);
        Self::open(self.0.get_connection_info().clone().set_addr(address)).ok()
    }

    /// The host and port.
    pub(crate) fn address(&self) -> String {
        self.0.get_connection_info().addr().to_string()
    }

    /// Connects and loads the scripts. There is no time limit here: the caller has one.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        let mut connection = self.connect_plainly().await?;
        for script in scripts::all() {
            connection.load(script).await?;
        }
        connection.ask_about().await?;
        Ok(connection)
    }

    /// Connects to ask something once. There is no time limit here: the caller has one.
    pub(crate) async fn connect_plainly(&self) -> Result<Connection, Failure> {
        // Time limits are ours: one for a whole call, not one for each command.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            // Room for the callers of a burst; the default is 50.
            .set_pipeline_buffer_size(1_024);
        let connected = self.0.get_multiplexed_async_connection_with_config(&config).await;
        let socket = connected.map_err(|error| failure(&error))?;
        Ok(Connection { socket, run: "".into(), keeps_all: false })
    }

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

/// Whether a server is asked for what it is about to receive from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    No,
    /// It takes the very next command for a slot that is not its own yet.
    Yes,
}

impl Connection {
    /// Sends a request and waits for the answer.
    ///
    /// Redis forgets scripts when it restarts or is told to; then the text is sent along.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have happened.
    pub(crate) async fn send(
        &mut self,
        request: &Request,
        asking: Asking,
    ) -> Result<Reply, Failure> {
        match (self.ask(request.as_command(), asking).await, request.script()) {
            (Err(error), Some(script)) if is_no_script(&error) => {
                // Not loaded and called anew: it could be forgotten again in between.
                self.ask(&request.with_text_of(script), asking).await
            }
            (answer, _) => answer,
        }
        .map(Reply::new)
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

    async fn ask(&mut self, command: &Cmd, asking: Asking) -> Result<Value, RedisError> {
        if asking == Asking::No {
            return self.socket.send_packed_command(command).await.and_then(Value::extract_error);
        }
        // Both in one piece: nobody else's command may come between them.
        let mut both = redis::pipe();
        both.cmd("ASKING").add_command(command.clone());
        let mut answers = self.socket.send_packed_commands(&both, 0, 2).await?;
        let answer = answers.pop().unwrap_or(Value::Nil);
        answer.extract_error()
    }

    async fn load(&mut self, script: &Script) -> Result<(), Failure> {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(script.text);
        load.query_async(&mut self.socket).await.map_err(|error| failure(&error))
    }
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
        ErrorKind::Server(
            ServerErrorKind::ResponseError
            | ServerErrorKind::ExecAbort
            | ServerErrorKind::CrossSlot,
        )
        | ErrorKind::Extension
        | ErrorKind::UnexpectedReturnType => Failure::Refused(cause),
        ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask) => {
            let Some((address, _)) = error.redirect_node() else { return Failure::Refused(cause) };
            let asking = error.kind() == ErrorKind::Server(ServerErrorKind::Ask);
            let asking = if asking { Asking::Yes } else { Asking::No };
            Failure::Elsewhere(Elsewhere { address: address.to_owned(), asking })
        }
        ErrorKind::Server(ServerErrorKind::TryAgain | ServerErrorKind::ClusterDown) => {
            Failure::NotNow(cause)
        }
        // Loading, read only, not allowed, cut: another connection may find another server.
        _ => Failure::Lost(cause),
    }
}
