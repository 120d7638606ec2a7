//! A wire to Redis that can be held up.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections, unless it is held: then bytes stay where they are.
pub(super) struct Proxy {
    port: u16,
    held: Arc<watch::Sender<Held>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    /// Requests arrive; answers do not come back.
    Answers,
    Everything,
}

impl Proxy {
    pub(super) async fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let held = Arc::new(watch::Sender::new(Held::Nothing));
        let wires = held.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (address, held) = (address.clone(), wires.clone());
                tokio::spawn(async move {
                    let server = TcpStream::connect(address).await.expect("redis listens");
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let requests = held.subscribe();
                    tokio::spawn(forward(from_client, to_server, requests, Held::Everything));
                    forward(from_server, to_client, held.subscribe(), Held::Answers).await;
                });
            }
        });
        Self { port, held }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn hold(&self, held: Held) {
        self.held.send_replace(held);
    }
}

/// Forwards while not as much is held as `stops`.
async fn forward(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut held: watch::Receiver<Held>,
    stops: Held,
) {
    let mut buffer = vec![0_u8; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let passes = |held: &Held| *held != Held::Everything && *held != stops;
        let gone = held.wait_for(passes).await.is_err();
        if gone || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
