//! A response, read to its end.

use axum::Router;
use axum::body::Body;
use http::request::Builder;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::resolve::envelope;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Returns the status and the problem's code; the code is empty for what is no problem.
    pub(crate) fn told(&self) -> (u16, String) {
        let code = if self.status.is_success() { String::new() } else { self.problem("code") };
        (self.status.as_u16(), code)
    }

    /// Returns a member of the problem, as text; empty when it is not there.
    pub(crate) fn problem(&self, member: &str) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["status"], self.status.as_u16());
        problem[member].as_str().unwrap_or_default().to_owned()
    }

    /// Returns a header; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn send(app: &Router, request: Builder) -> Answer {
    send_body(app, request, Body::empty()).await
}

pub(crate) async fn send_body(app: &Router, request: Builder, body: Body) -> Answer {
    let request = envelope::sealed(request).body(body).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}
