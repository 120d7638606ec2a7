use std::time::Duration;

use http::StatusCode;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use super::CallError;

/// The longest answer that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// Makes the client of all connectors. It follows no redirect: a key goes to whom it belongs.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(30))
        .build()
}

/// Where a tenant's connection leads.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    client: Client,
    base_url: String,
}

/// What a server answered, read and understood as JSON.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Endpoint {
    pub(crate) const fn new(client: Client, base_url: String) -> Self {
        Self { client, base_url }
    }

    /// Begins a request. The path begins with a slash.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url))
    }
}

/// Sends a request and reads the answer.
///
/// # Errors
///
/// What is not known to be an answer to the request: see [`CallError`].
pub(super) async fn send(request: RequestBuilder) -> Result<Reply, CallError> {
    let response = request.send().await.map_err(|error| {
        // Nobody was reached: nothing was sent. All else may have arrived.
        if error.is_connect() || error.is_builder() {
            CallError::NotSent(None)
        } else {
            CallError::Unknown(None)
        }
    })?;
    let status = response.status();
    match status.as_u16() {
        401 | 403 => return Err(CallError::Refused(status.as_u16())),
        429 => return Err(CallError::NotSent(Some(429))),
        // A redirect that nobody follows, a request still at work, a server's fault.
        300..=399 | 408 | 409 | 500.. => return Err(CallError::Unknown(Some(status.as_u16()))),
        _ => {}
    }
    let body = read(response).await.ok_or(CallError::Unknown(Some(status.as_u16())))?;
    Ok(Reply { status, body })
}

/// `None` when it breaks off, is too long, or is no JSON; an empty answer is `null`.
async fn read(mut response: Response) -> Option<Value> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > LONGEST {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    if body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&body).ok() }
}

/// A part of a path, whatever is in it.
pub(super) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
