//! The one error of all tenancy crates.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

type Source = Box<dyn StdError + Send + Sync>;

/// What went wrong, in the classes a caller can act on.
///
/// `problem/mapping.rs` gives each class its HTTP status and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value breaks its rules; [`Error::subject`] names it.
    Invalid,
    /// The thing asked for does not exist for this tenant.
    NotFound,
    /// A uniqueness rule was broken; [`Error::subject`] names the constraint.
    Conflict,
    /// Data of another tenant was offered or came back.
    ForeignTenant,
    /// No tenant is known where one is needed.
    TenantRequired,
    /// The tenant named does not exist.
    TenantUnknown,
    /// Two sources name different tenants.
    TenantMismatch,
    /// The tenant is suspended.
    TenantSuspended,
    /// The tenant takes no writes at the moment.
    TenantReadOnly,
    /// The tenant is not ready yet.
    TenantProvisioning,
    /// A credential is needed and none came.
    CredentialRequired,
    /// A credential came and is not good.
    CredentialInvalid,
    /// The actor may not do this.
    Forbidden,
    /// The tenant's plan does not include the feature.
    FeatureNotInPlan,
    /// The tenant has used up what its plan allows; [`Error::subject`] names the meter.
    QuotaExceeded,
    /// More is asked of us at the moment than we can do; trying again later may help.
    Overloaded,
    /// A service behind us does not answer; trying again later may help.
    Unavailable,
    /// The program is put together wrongly: a layer, a registration or a role is missing.
    Misconfigured,
    /// Anything else.
    Internal,
}

/// An error of any tenancy crate: a class, what was being done, and the cause.
///
/// The message says what was being done, never the cause, which [`source`](StdError::source)
/// keeps. Neither holds a secret or the id of another tenant.
///
/// ```
/// use tenancy_core::{Error, ErrorKind, TenantSlug};
///
/// let error = TenantSlug::parse("Not A Slug").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// assert_eq!(error.subject(), Some("slug"));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    subject: Option<Cow<'static, str>>,
    source: Option<Source>,
}

impl Error {
    /// Makes an error of a class; the message says what was being done.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), subject: None, source: None }))
    }

    /// Makes an [`ErrorKind::Invalid`] error about the named value.
    pub fn invalid(
        subject: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::Invalid, message).with_subject(subject)
    }

    /// Keeps the cause.
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Names the field, constraint or setting it is about.
    pub fn with_subject(mut self, subject: impl Into<Cow<'static, str>>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Returns the class.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns what was being done, without the cause.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the field, constraint or setting it is about, if one is known.
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// Tells whether the same call may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::TenantProvisioning
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(subject) = &self.0.subject {
            out.field("subject", subject);
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
