//! Refusals towards gRPC: an answer of headers alone, which the protocol calls `Trailers-Only`.

use std::fmt::Write as _;

use axum_core::body::Body;
use axum_core::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Problem;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_RETRY_PUSHBACK_MS: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// How a caller understands a refusal.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use tenancy_core::{Problem, Protocol};
///
/// let mut request = HeaderMap::new();
/// assert_eq!(Protocol::of(&request), Protocol::Http);
/// request.insert("content-type", HeaderValue::from_static("application/grpc+proto"));
/// let protocol = Protocol::of(&request);
/// assert_eq!(protocol, Protocol::Grpc);
///
/// let refused = Problem::rate_limited(None).into_response_over(protocol);
/// assert_eq!((refused.status().as_u16(), &refused.headers()["grpc-status"]), (200, &HeaderValue::from(8)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// As `application/problem+json`.
    Http,
    /// As a gRPC status.
    Grpc,
    /// As a gRPC status, in a browser.
    GrpcWeb,
}

impl Protocol {
    /// Tells it from the `content-type` of a request.
    pub fn of(request: &HeaderMap) -> Self {
        let bytes = request.get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
        let starts = |prefix: &[u8]| {
            bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if starts(b"application/grpc-web") {
            Self::GrpcWeb
        } else if starts(b"application/grpc") {
            Self::Grpc
        } else {
            Self::Http
        }
    }
}

impl Problem {
    /// Answers in the way the caller understands.
    ///
    /// Towards gRPC that is HTTP 200 without a body: `grpc-status` as the one table of problems
    /// has it, the detail or else the title as a percent-encoded `grpc-message`, and
    /// `grpc-retry-pushback-ms` where waiting helps (gRPC's PROTOCOL-HTTP2.md; proposal A6).
    pub fn into_response_over(self, protocol: Protocol) -> Response {
        let content_type = match protocol {
            Protocol::Http => return self.into_response(),
            Protocol::Grpc => "application/grpc",
            Protocol::GrpcWeb => "application/grpc-web+proto",
        };
        self.log();
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(GRPC_STATUS, HeaderValue::from(u16::from(self.grpc_status())));
        let message = percent_encoded(self.detail().unwrap_or(self.title()));
        // Percent-encoded text is a header value, always.
        if let Ok(message) = HeaderValue::try_from(message) {
            headers.insert(GRPC_MESSAGE, message);
        }
        if let Some(after) = self.retry_after() {
            let millis = i32::try_from(after.as_millis()).unwrap_or(i32::MAX);
            headers.insert(GRPC_RETRY_PUSHBACK_MS, HeaderValue::from(millis));
        }
        response
    }
}

/// Encodes what is not printable ASCII, and `%` itself.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            // Writing to a String does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
