use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// A network link to a server, that can be slow, be cut and be mended.
pub(crate) struct Link {
    port: u16,
    is_up: watch::Sender<bool>,
    stands_still: Arc<AtomicBool>,
    /// How often the client turned from reading to writing: its round trips.
    turns: Arc<AtomicU64>,
}

impl Link {
    /// Opens a link to `server` (host:port) that delays each direction by `delay`.
    pub(crate) async fn to(server: String, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (is_up, watcher) = watch::channel(true);
        let stands_still = Arc::new(AtomicBool::new(false));
        let turns = Arc::new(AtomicU64::new(0));
        let link = Self { port, is_up, stands_still: stands_still.clone(), turns: turns.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !*watcher.borrow() {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                client.set_nodelay(true).expect("a socket");
                server.set_nodelay(true).expect("a socket");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let wire = |turns| Wire {
                    delay,
                    is_up: watcher.clone(),
                    stands_still: stands_still.clone(),
                    turns,
                };
                tokio::spawn(wire(Some(turns.clone())).carry(from_client, to_server));
                tokio::spawn(wire(None).carry(from_server, to_client));
            }
        });
        link
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts all connections and refuses new ones.
    pub(crate) fn cut(&self) {
        self.is_up.send_replace(false);
    }

    /// Lets new connections through again.
    pub(crate) fn mend(&self) {
        self.is_up.send_replace(true);
        self.stands_still.store(false, Ordering::SeqCst);
    }

    /// Keeps connections open and carries nothing: a server that hangs.
    pub(crate) fn hang(&self) {
        self.stands_still.store(true, Ordering::SeqCst);
    }

    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }
}

struct Wire {
    delay: Duration,
    is_up: watch::Receiver<bool>,
    stands_still: Arc<AtomicBool>,
    turns: Option<Arc<AtomicU64>>,
}

impl Wire {
    async fn carry(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = tokio::select! {
                read = from.read(&mut buffer) => read,
                _ = self.is_up.wait_for(|up| !up) => return,
            };
            let Ok(length @ 1..) = read else { return };
            if let Some(turns) = &self.turns {
                turns.fetch_add(1, Ordering::SeqCst);
            }
            if self.stands_still.load(Ordering::SeqCst) {
                continue;
            }
            sleep_until(Instant::now() + self.delay).await;
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }
}
