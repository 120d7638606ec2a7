//! Requests that no decent client sends, byte by byte.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Answer, Server};

/// A connection to a server.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn to(address: &str) -> Self {
        Self(TcpStream::connect(address).await.expect("it listens"))
    }

    /// Begins a payment whose body comes later; returns when the server's handler asks for it.
    pub(crate) async fn upload(server: &Server, slug: &str, key: &str, length: usize) -> Self {
        let credential = &server.tenant(slug).key;
        let mut connection = Self::to(server.address()).await;
        connection
            .send(format!(
                "POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {credential}\r\n\
                 idempotency-key: {key}\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\nconnection: close\r\nexpect: 100-continue\r\n\r\n"
            ))
            .await;
        let head = connection.head().await;
        assert!(head.starts_with("HTTP/1.1 100 "), "{head}");
        connection
    }

    /// Sends bytes as they are. A server that has answered already may have closed: what it said
    /// is read all the same.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        match self.0.write_all(bytes.as_ref()).await {
            Err(error) if !has_closed(&error) => panic!("it reads: {error}"),
            _ => {}
        }
    }

    /// Reads a head without a body, such as that of `100 Continue`.
    pub(crate) async fn head(&mut self) -> String {
        let mut bytes = Vec::new();
        let reading = async {
            while !bytes.ends_with(b"\r\n\r\n") {
                bytes.push(self.0.read_u8().await.expect("a head"));
            }
        };
        timeout(Duration::from_mins(1), reading).await.expect("a head in time");
        String::from_utf8(bytes).expect("a head of text")
    }

    /// Reads to the end of the connection: the request must have asked for it.
    pub(crate) async fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        let read = timeout(Duration::from_mins(1), self.0.read_to_end(&mut bytes)).await;
        match read.expect("an answer in time") {
            Err(error) if !has_closed(&error) => panic!("an answer: {error}"),
            _ => Answer::parse(&bytes),
        }
    }
}

/// Tells whether the other side closed before it had read all that was sent.
fn has_closed(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionReset)
}

/// Sends one request without a body: its first line, its headers.
pub(crate) async fn raw(address: &str, line: &str, headers: &[&str]) -> Answer {
    let mut connection = Raw::to(address).await;
    let headers = headers.join("\r\n");
    connection.send(format!("{line}\r\n{headers}\r\nconnection: close\r\n\r\n")).await;
    connection.answer().await
}
