//! The id that names a request in logs and answers.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use tenancy_core::RequestId;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes the caller's id if there is exactly one and it is well formed, else makes one.
pub(super) fn of(parts: &Parts) -> RequestId {
    // An outer layer has decided already.
    if let Some(id) = parts.extensions.get::<RequestId>() {
        return id.clone();
    }
    let mut values = parts.headers.get_all(X_REQUEST_ID).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return RequestId::generate() };
    let text = value.to_str().ok();
    text.and_then(|text| RequestId::parse(text).ok()).unwrap_or_else(RequestId::generate)
}

/// Sets the id of an answer.
pub(super) fn set(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(X_REQUEST_ID, value(id));
}

pub(super) fn value(id: &RequestId) -> HeaderValue {
    HeaderValue::from_str(id.as_str()).expect("a request id is visible ASCII")
}
