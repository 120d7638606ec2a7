use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests in flight may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Serves until `stop` is done, then finishes what is in flight, for 30 seconds at most.
///
/// # Errors
///
/// What the listener says. Faults of single connections are no errors here.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
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
    let mut served = pin!(axum::serve(listener, app).with_graceful_shutdown(stop).into_future());
    tokio::select! {
        result = &mut served => return result,
        _ = is_stopped.wait_for(|stopped| *stopped) => {}
    }
    if let Ok(result) = tokio::time::timeout(GRACE, served).await {
        return result;
    }
    tracing::warn!(after = ?GRACE, "stopped with requests in flight");
    Ok(())
}

/// Waits for Ctrl-C or, on Unix, for SIGTERM.
///
/// # Panics
///
/// When the system lets the program wait for neither.
pub async fn stop_signal() {
    let interrupt = async {
        tokio::signal::ctrl_c().await.expect("a program can wait for Ctrl-C");
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate()).expect("a program can wait for SIGTERM");
    terminate.recv().await;
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
