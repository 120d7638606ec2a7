use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves until `stop` is done, then finishes what is in flight, as long as `grace` allows.
///
/// A grace longer than a request may take loses none; container runtimes kill after ten seconds
/// or thirty.
///
/// # Errors
///
/// What the listener says. Faults of single connections are no errors here.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Answers are small and complete: waiting for more to send along only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not set TCP_NODELAY");
        }
    });
    let (stopped, mut is_stopped) = watch::channel(false);
    let stop = async move {
        stop.await;
        tracing::info!("stopping: finishing what is in flight");
        stopped.send_replace(true);
    };
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let mut served = pin!(axum::serve(listener, app).with_graceful_shutdown(stop).into_future());
    tokio::select! {
        result = &mut served => return result,
        _ = is_stopped.wait_for(|stopped| *stopped) => {}
    }
    if let Ok(result) = tokio::time::timeout(grace, served).await {
        return result;
    }
    tracing::warn!(after = ?grace, "stopped with requests in flight");
    Ok(())
}

/// Waits for Ctrl-C or, on Unix, for SIGTERM: from this call on, not from the first poll.
///
/// A second one ends the program at once: whoever sends it does not want to wait.
///
/// # Panics
///
/// When the system lets the program wait for neither.
#[cfg(unix)]
pub fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).expect("a program can wait for SIGINT");
    let mut terminate = signal(SignalKind::terminate()).expect("a program can wait for SIGTERM");
    async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(1);
        });
    }
}

/// Waits for Ctrl-C.
///
/// # Panics
///
/// When the system does not let the program wait for it.
#[cfg(not(unix))]
pub fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    async { tokio::signal::ctrl_c().await.expect("a program can wait for Ctrl-C") }
}
