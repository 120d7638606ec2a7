//! Requests that no decent client sends, byte by byte.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Answer;

/// A connection to a server.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn to(address: &str) -> Self {
        Self(TcpStream::connect(address).await.expect("it listens"))
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.expect("it reads");
    }

    /// Reads to the end of the connection: the request must have asked for it.
    pub(crate) async fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        let read = timeout(Duration::from_secs(60), self.0.read_to_end(&mut bytes)).await;
        read.expect("an answer in time").expect("an answer");
        parse(&bytes)
    }
}

/// Sends one request without a body: its first line, its headers.
pub(crate) async fn raw(address: &str, line: &str, headers: &[&str]) -> Answer {
    let mut connection = Raw::to(address).await;
    let headers = headers.join("\r\n");
    connection.send(format!("{line}\r\n{headers}\r\nconnection: close\r\n\r\n")).await;
    connection.answer().await
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {}", bytes.escape_ascii()));
    let head = std::str::from_utf8(&bytes[..end]).expect("a head of text");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
    let headers: HeaderMap = lines.map(header).collect();
    Answer { status: status.parse().expect("a number"), headers, body: bytes[end + 4..].to_vec() }
}

fn header(line: &str) -> (HeaderName, HeaderValue) {
    let (name, value) = line.split_once(':').expect("a header");
    (name.parse().expect("a header's name"), value.trim().parse().expect("a header's value"))
}
