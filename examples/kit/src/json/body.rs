use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tenancy_core::{Problem, TenantContext};

use super::fault;
use super::members::Members;

/// A JSON object as a request's body, or any value as an answer's.
///
/// Reading is strict: a member that is twice there, that `T` does not know (with
/// `deny_unknown_fields`) or that has another type is refused with the member's name. A member
/// `tenant_id` may name the request's own tenant; it is checked first of all and not handed to
/// `T`, so that no handler can forget it and none can be talked into another tenant.
///
/// | refused | status | code |
/// | --- | --- | --- |
/// | not `application/json` | 415 | `content_type_unsupported` |
/// | over the limit of the route | 413 | `body_too_large` |
/// | no JSON object | 422 | `json_malformed` |
/// | another tenant's `tenant_id` | 403 | `tenant_mismatch` |
/// | a wrong member | 422 | `field_invalid` |
///
/// `Option<Json<T>>` is `None` when the body is empty, and as strict otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let body =
            Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        read(&body).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let is_json = require_json(request.headers());
        let body =
            Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        if body.is_empty() {
            return Ok(None);
        }
        is_json?;
        read(&body).map(Self).map(Some)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut members = Members::read(body)?;
    if let Some(context) = TenantContext::try_current() {
        members.take_tenant(&context)?;
    }
    serde_path_to_error::deserialize(members.into_value()?).map_err(|error| fault::field(&error))
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(415, "content_type_unsupported", "The body must be JSON")
        .with_detail("send content-type: application/json")
        .with_param("content-type"))
}

fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == 413 {
        return Problem::new(413, "body_too_large", "The body is too large");
    }
    Problem::new(400, "body_unreadable", "The body ended early")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[expect(dead_code, reason = "only whether it reads matters")]
        amount: i64,
        #[serde(default)]
        #[expect(dead_code, reason = "only whether it reads matters")]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only whether it reads matters")]
        count: u8,
    }

    /// Reads a body that must be refused; returns code and named field.
    fn refused(body: &str) -> (String, Option<String>) {
        let problem = read::<Order>(body.as_bytes()).expect_err(body);
        assert_eq!(problem.status(), 422, "{body}");
        (problem.code().to_owned(), problem.param().map(str::to_owned))
    }

    #[test]
    fn refusals_name_the_field() {
        for (body, param) in [
            (r#"{"amount":"12"}"#, "amount"),
            (r#"{"amount":true}"#, "amount"),
            (r#"{"amount":1.5}"#, "amount"),
            (r#"{"amount":null}"#, "amount"),
            (r#"{"amount":9223372036854775808}"#, "amount"),
            (r#"{"amount":99999999999999999999999999}"#, "amount"),
            (r#"{"amount":1e400}"#, "amount"),
            (r#"{"amount":1,"amount":2}"#, "amount"),
            (r#"{"amount":1,"colour":2}"#, "colour"),
            (r"{}", "amount"),
            (r#"{"amount":1,"lines":[{"count":1},{"count":300}]}"#, "lines[1].count"),
            (r#"{"amount":1,"lines":[{}]}"#, "lines[0].count"),
            (r#"{"amount":1,"lines":[{"count":1,"colour":2}]}"#, "lines[0].colour"),
        ] {
            assert_eq!(refused(body), ("field_invalid".into(), Some(param.into())), "{body}");
        }
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for body in ["", "{", "[]", "7", "null", r#"{"amount":1}x"#, r#"{"amount":}"#, "\u{feff}{}"]
        {
            assert_eq!(refused(body), ("json_malformed".into(), None), "{body}");
        }
    }

    #[test]
    fn details_are_short() {
        let body = format!(r#"{{"amount":"{}"}}"#, "x".repeat(60_000));
        let problem = read::<Order>(body.as_bytes()).unwrap_err();
        assert!(problem.detail().unwrap().len() < 300);
    }
}
