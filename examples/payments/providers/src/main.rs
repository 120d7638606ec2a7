//! The companies a payment platform talks to, as servers to try it against: two payment
//! providers, a core-banking system and a checker of identities. No money moves.
//!
//! Each listens at a port of its own and keeps its data in memory, apart for each API key: a key is
//! an account. Below `/_admin` each can be told to misbehave ([`Fault`](fault::Fault)), tells how
//! often it was called, and sends its webhooks.

mod admin;
mod caller;
mod calls;
mod cardway;
mod corebank;
mod desk;
mod fault;
mod identity;
mod money;
mod outbox;
mod paynova;
mod webhooks;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use axum::Router;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Two payment providers, a core-banking system and a checker of identities, to try a platform
/// against.
#[derive(Debug, Parser)]
#[command(name = "providers", version)]
struct Options {
    /// Address to serve at
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    address: IpAddr,

    /// Port of the first server, the others follow; 0 takes free ones
    #[arg(long, default_value_t = 8090, value_name = "PORT")]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("providers: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options) -> io::Result<()> {
    let companies: [(&str, Router); 4] = [
        ("cardway", cardway::router()),
        ("paynova", paynova::router()),
        ("corebank", corebank::router()),
        ("identity", identity::router()),
    ];
    let mut serving = JoinSet::new();
    let mut port = options.port;
    let mut said = String::new();
    for (name, router) in companies {
        let listener = TcpListener::bind(SocketAddr::new(options.address, port)).await?;
        let _ = writeln!(said, "{name} listens at http://{}", listener.local_addr()?);
        serving.spawn(axum::serve(listener, router).into_future());
        port = if port == 0 { 0 } else { port.saturating_add(1) };
    }
    said.push_str("Ctrl-C stops them.\n");
    io::stdout().write_all(said.as_bytes())?;
    io::stdout().flush()?;
    tokio::select! {
        Some(ended) = serving.join_next() => ended.map_err(io::Error::other)?,
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}
