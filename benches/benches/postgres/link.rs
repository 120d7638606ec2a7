use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A link to the server of the benches that counts the round trips on it.
pub(crate) struct Link {
    port: u16,
    /// How often the client spoke.
    turns: Arc<AtomicU64>,
}

impl Link {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let turns = Arc::new(AtomicU64::new(0));
        let link = Self { port, turns: turns.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(super::database::host()).await;
                let server = server.expect("it answers");
                client.set_nodelay(true).expect("a socket");
                server.set_nodelay(true).expect("a socket");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(carry(from_client, to_server, Some(turns.clone())));
                tokio::spawn(carry(from_server, to_client, None));
            }
        });
        link
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, turns: Option<Arc<AtomicU64>>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if let Some(turns) = &turns {
            turns.fetch_add(1, Ordering::SeqCst);
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
