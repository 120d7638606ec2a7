use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::mapping::{self, Entry, Grpc};
use crate::{Error, ErrorKind};

/// A refusal, as a caller over HTTP sees it.
///
/// With the feature `axum` it is a response, so that a handler may return it and use `?` on
/// [`Error`]. What lies behind a 5xx is logged and not told.
///
/// ```
/// use tenancy_core::{Error, ErrorKind, Problem};
///
/// let problem = Problem::from(Error::new(ErrorKind::TenantMismatch, "the request names different tenants"));
/// assert_eq!((problem.status(), problem.code()), (403, "tenant_mismatch"));
///
/// let own = Problem::new(422, "amount_invalid", "The amount is not valid").with_param("amount");
/// assert_eq!(own.param(), Some("amount"));
/// ```
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<Inner>);

/// Behind a pointer, so that `Result<T, Problem>` stays small.
#[derive(Debug, Serialize)]
struct Inner {
    r#type: &'static str,
    title: Cow<'static, str>,
    status: u16,
    code: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<Cow<'static, str>>,
    #[serde(flatten)]
    members: Map<String, Value>,
    #[serde(skip)]
    grpc: Grpc,
    #[serde(skip)]
    retry_after: Option<Duration>,
    #[serde(skip)]
    cause: Option<Error>,
}

impl Problem {
    /// Makes a problem: an HTTP status of 400 to 599, a code for programs, a title for people.
    ///
    /// # Panics
    ///
    /// When the status is outside 400 to 599.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
    ) -> Self {
        assert!((400..=599).contains(&status), "a problem has a status of 400 to 599");
        Self(Box::new(Inner {
            r#type: "about:blank",
            title: title.into(),
            status,
            code: code.into(),
            detail: None,
            param: None,
            members: Map::new(),
            grpc: mapping::grpc_of_status(status),
            retry_after: None,
            cause: None,
        }))
    }

    /// More requests than the rate allows; `retry_after` is `None` when waiting will not help.
    pub fn rate_limited(retry_after: Option<Duration>) -> Self {
        let mut problem = Self::of(mapping::RATE_LIMITED);
        problem.0.retry_after = retry_after;
        problem
    }

    /// Says more about this one case. It must hold no secret and nothing of another tenant.
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names the field or header it is about.
    pub fn with_param(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.0.param = Some(param.into());
        self
    }

    /// Adds a member of its own to the JSON, as RFC 9457 section 3.2 allows. It must hold no
    /// secret and nothing of another tenant.
    ///
    /// ```
    /// use tenancy_core::Problem;
    ///
    /// let problem = Problem::new(402, "funds_missing", "There is not enough money")
    ///     .with_member("balance", 30);
    /// assert_eq!(serde_json::to_value(&problem).unwrap()["balance"], 30);
    /// ```
    ///
    /// # Panics
    ///
    /// When the name is one that every problem has, or `instance`.
    pub fn with_member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        assert!(!RESERVED.contains(&name), "a problem has a member `{name}` of its own");
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to try again.
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Returns the HTTP status.
    pub const fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns the code for programs.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Returns the title for people.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// Returns what is said about this one case.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Returns the field or header it is about.
    pub fn param(&self) -> Option<&str> {
        self.0.param.as_deref()
    }

    /// Returns when to try again.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the status code of gRPC, `grpc-status`.
    ///
    /// ```
    /// use tenancy_core::{Error, ErrorKind, Problem};
    ///
    /// let refused = Problem::from(Error::new(ErrorKind::TenantMismatch, "resolve the tenant"));
    /// assert_eq!((refused.status(), refused.grpc_status()), (403, 7));
    /// ```
    pub const fn grpc_status(&self) -> u8 {
        self.0.grpc as u8
    }

    /// Returns the error behind it, for logs.
    pub const fn cause(&self) -> Option<&Error> {
        self.0.cause.as_ref()
    }

    fn of((status, code, title, grpc): Entry) -> Self {
        let mut problem = Self::new(status, code, title);
        problem.0.grpc = grpc;
        problem
    }
}

/// The members that mean something already.
const RESERVED: [&str; 7] = ["type", "title", "status", "code", "detail", "param", "instance"];

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let mut problem = Self::of(mapping::entry(error.kind()));
        match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::TenantProvisioning => {
                problem.0.retry_after = Some(Duration::from_secs(1));
            }
            // Why a credential is refused would help someone who tries out credentials; what was
            // foreign, someone who tries out tenants.
            ErrorKind::CredentialInvalid
            | ErrorKind::ForeignTenant
            | ErrorKind::Misconfigured
            | ErrorKind::Internal => {}
            _ => {
                problem.0.detail = Some(error.message().to_owned().into());
                problem.0.param = error.subject().map(|subject| subject.to_owned().into());
            }
        }
        problem.0.cause = Some(error);
        problem
    }
}
