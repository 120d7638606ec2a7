//! Starts the payment platform.

use std::error::Error as _;
use std::io::{Write as _, stdout};
use std::process::ExitCode;

use clap::Parser as _;
use payments::{Config, Service};
use tenancy_core::Error;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    kit::start_logs("warn,payments=info,kit=info,tenancy_redis=info");
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("payments: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Error> {
    if config.command.is_some() {
        return payments::execute(&config).await;
    }
    let service = Service::start(config).await?;
    let stop = kit::stop_signal();
    let mut out = stdout();
    // Whoever reads along, a test for example, may have gone: that is no reason not to serve.
    let _ = write!(out, "{}", service.announcement()).and_then(|()| out.flush());
    service.run(stop).await
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
