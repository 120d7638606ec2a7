use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// A network link to a server, that can be slow, be held up, be cut and be mended.
pub(crate) struct Link {
    port: u16,
    state: watch::Sender<State>,
    /// How often the client turned from reading to writing: its round trips.
    turns: Arc<AtomicU64>,
    /// What was sent, by connection.
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    /// Bytes stay where they are.
    Held,
    /// Requests arrive; answers stay where they are.
    AnswersHeld,
    /// Requests arrive; numbers in answers are others than the server's.
    AnswersWrong,
    Cut,
}

impl Link {
    /// Opens a link to `server` (host:port) that delays each direction by `delay`.
    pub(crate) async fn to(server: String, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (state, watcher) = watch::channel(State::Up);
        let turns = Arc::new(AtomicU64::new(0));
        let sent = Arc::new(Mutex::new(Vec::new()));
        let link = Self { port, state, turns: turns.clone(), sent: sent.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *watcher.borrow() == State::Cut {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                client.set_nodelay(true).expect("a socket");
                server.set_nodelay(true).expect("a socket");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let connection = {
                    let mut sent = sent.lock().expect("no panic");
                    sent.push(Vec::new());
                    sent.len() - 1
                };
                let tap = Tap { turns: turns.clone(), sent: sent.clone(), connection };
                let wire = |tap| Wire { delay, state: watcher.clone(), tap };
                tokio::spawn(wire(Some(tap)).carry(from_client, to_server));
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
        self.state.send_replace(State::Cut);
    }

    /// Lets new connections through again, and what was held up arrive late.
    pub(crate) fn mend(&self) {
        self.state.send_replace(State::Up);
    }

    /// Keeps connections open and holds everything up: a server that hangs.
    pub(crate) fn hang(&self) {
        self.state.send_replace(State::Held);
    }

    /// Lets requests through and holds their answers up: what was asked for happens unseen.
    pub(crate) fn hang_answers(&self) {
        self.state.send_replace(State::AnswersHeld);
    }

    /// The bytes that clients sent, by connection.
    pub(crate) fn sent(&self) -> Vec<Vec<u8>> {
        self.sent.lock().expect("no panic").clone()
    }

    /// Lets answers through with other numbers in them.
    pub(crate) fn spoil_answers(&self) {
        self.state.send_replace(State::AnswersWrong);
    }

    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }
}

/// One direction of a connection.
struct Wire {
    delay: Duration,
    state: watch::Receiver<State>,
    /// Where requests are counted and kept; none for answers.
    tap: Option<Tap>,
}

struct Tap {
    turns: Arc<AtomicU64>,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
    connection: usize,
}

impl Wire {
    async fn carry(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = tokio::select! {
                read = from.read(&mut buffer) => read,
                _ = self.state.wait_for(|state| *state == State::Cut) => return,
            };
            let Ok(length @ 1..) = read else { return };
            if let Some(tap) = &self.tap {
                tap.turns.fetch_add(1, Ordering::SeqCst);
                let mut sent = tap.sent.lock().expect("no panic");
                sent[tap.connection].extend_from_slice(&buffer[..length]);
            }
            let asks = self.tap.is_some();
            let moves = |state: &State| match state {
                State::Up | State::Cut | State::AnswersWrong => true,
                State::AnswersHeld => asks,
                State::Held => false,
            };
            match self.state.wait_for(moves).await.map(|state| *state) {
                Ok(State::Cut) | Err(_) => return,
                Ok(State::AnswersWrong) if !asks => spoil(&mut buffer[..length]),
                Ok(_) => {}
            }
            sleep(self.delay).await;
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }
}

/// Makes each digit of the numbers in an answer of Redis a nine.
fn spoil(answer: &mut [u8]) {
    let mut is_number = false;
    for byte in answer {
        match byte {
            b':' => is_number = true,
            b'\r' => is_number = false,
            b'0'..=b'9' if is_number => *byte = b'9',
            _ => {}
        }
    }
}
