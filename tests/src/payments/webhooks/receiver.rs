use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::harness::eventually;

/// A bank's own server: keeps what it is sent, and answers what it is told to.
#[derive(Clone)]
pub(super) struct Receiver {
    port: u16,
    state: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    messages: Vec<Message>,
    answers: VecDeque<Reply>,
    always: Option<Reply>,
}

/// What a receiver answers: a status, and a header with its value.
pub(super) type Reply = (u16, Option<(&'static str, String)>);

/// What came.
#[derive(Clone, Debug)]
pub(super) struct Message {
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let state: Arc<Mutex<Kept>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(keep).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, state }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Answers the next request like this, and those behind it as before.
    pub(super) fn answers(&self, reply: Reply) {
        self.state.lock().expect("no panic").answers.push_back(reply);
    }

    /// Answers every request like this.
    pub(super) fn always(&self, status: u16) {
        self.state.lock().expect("no panic").always = Some((status, None));
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.state.lock().expect("no panic").messages.clone()
    }

    /// Waits for so many messages in all, and returns them.
    pub(super) async fn receives(&self, many: usize) -> Vec<Message> {
        let what = format!("{many} messages arrive");
        eventually(&what, async || self.messages().len() >= many).await;
        let messages = self.messages();
        assert_eq!(messages.len(), many, "{messages:?}");
        messages
    }
}

async fn keep(State(state): State<Arc<Mutex<Kept>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut kept = state.lock().expect("no panic");
    kept.messages.push(Message { headers, body: body.to_vec() });
    let (status, header) =
        kept.answers.pop_front().or_else(|| kept.always.clone()).unwrap_or((204, None));
    let mut response = StatusCode::from_u16(status).expect("a status").into_response();
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, value.parse().expect("a value"));
    }
    response
}

impl Message {
    pub(super) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().unwrap_or_else(|| panic!("{name} is missing: {self:?}"));
        assert!(values.next().is_none(), "{name} is there once");
        value.to_str().expect("text")
    }

    pub(super) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(super) fn timestamp(&self) -> i64 {
        self.header("webhook-timestamp").parse().expect("seconds")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// How many signatures it carries.
    pub(super) fn signatures(&self) -> usize {
        self.header("webhook-signature").split(' ').count()
    }

    /// Whether one of its signatures is of this secret.
    pub(super) fn is_signed_with(&self, secret: &str) -> bool {
        let key = secret.strip_prefix("whsec_").expect("a prefix");
        let key = BASE64_STANDARD.decode(key).expect("base64");
        let head = format!("{}.{}.", self.id(), self.timestamp());
        let expected = hmac(&key, &[head.as_bytes(), &self.body].concat());
        let expected = format!("v1,{}", BASE64_STANDARD.encode(expected));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// RFC 2104, from the hash alone.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64, "a longer key is hashed first");
    let pad = |with: u8| {
        let mut block = [with; 64];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = Sha256::digest([&pad(0x36)[..], message].concat());
    Sha256::digest([&pad(0x5c)[..], &inner[..]].concat()).into()
}

/// RFC 4231, test case 2: this code is right by itself.
#[test]
fn this_code_of_the_tests_is_right() {
    let mac = hmac(b"Jefe", b"what do ya want for nothing?");
    let hex = mac.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
