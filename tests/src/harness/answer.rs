use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// What a server answers.
#[derive(Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Differ between two requests that are answered alike.
const CHANGING: [&str; 5] =
    ["date", "x-request-id", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"];

impl Answer {
    /// Reads an answer as it came over the wire.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {}", bytes.escape_ascii()));
        let head = std::str::from_utf8(&bytes[..end]).expect("a head of text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
        let status = status.parse().expect("a number");
        Self { status, headers: lines.map(header).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Returns a header that is there, once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().expect("a header of text"),
            _ => panic!("{name} is not there once: {self:?}"),
        }
    }

    /// Returns the body of a success.
    #[track_caller]
    pub(crate) fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json");
        self.json()
    }

    /// Requires a refusal with this status and code; returns it.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["code"]), (&status.into(), &code.into()));
        assert!(problem["title"].is_string() && problem["type"].is_string(), "{problem}");
        problem
    }

    /// Requires a 422 that names what is wrong.
    #[track_caller]
    pub(crate) fn refused_field(&self, code: &str, param: &str) {
        let problem = self.refused(422, code);
        assert_eq!(problem["param"], param, "{problem}");
    }

    /// Returns all that a caller can compare: status, headers and body, byte by byte.
    pub(crate) fn alike(&self) -> (u16, HeaderMap, &[u8]) {
        let mut headers = self.headers.clone();
        for name in CHANGING {
            headers.remove(name);
        }
        (self.status, headers, &self.body)
    }

    /// Whether the request came as far as the meter: it was for a tenant and within the rate.
    pub(super) fn is_metered(&self) -> bool {
        self.status != 429 && self.headers.contains_key("ratelimit")
    }

    /// Fails when any of these words is in it.
    pub(super) fn assert_without<'a>(&self, words: impl IntoIterator<Item = &'a String>) {
        let said = format!("{self:?}");
        for word in words {
            assert!(!said.contains(word), "{word:?} is said to somebody else: {self:?}");
        }
    }
}

fn header(line: &str) -> (HeaderName, HeaderValue) {
    let (name, value) = line.split_once(':').expect("a header");
    (name.parse().expect("a header's name"), value.trim().parse().expect("a header's value"))
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, headers, body } = self;
        write!(f, "{status} {headers:?} {}", String::from_utf8_lossy(body))
    }
}
