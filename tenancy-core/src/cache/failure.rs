use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::{Error, ErrorKind};

/// Why a load failed, for all who waited for it.
#[derive(Debug, Clone)]
pub(super) struct Failure(Arc<Error>);

impl Failure {
    pub(super) fn new(kind: ErrorKind, message: &'static str) -> Self {
        Self(Arc::new(Error::new(kind, message)))
    }

    /// Returns an error for one of them: the same class, words and causes.
    pub(super) fn to_error(&self) -> Error {
        let mut error = Error::new(self.0.kind(), self.0.message().to_owned());
        if let Some(subject) = self.0.subject() {
            error = error.with_subject(subject.to_owned());
        }
        if self.0.source().is_some() {
            error = error.with_source(Cause(self.0.clone()));
        }
        error
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

/// The cause of an error that several hold.
struct Cause(Arc<Error>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source().map_or(Ok(()), |source| fmt::Display::fmt(source, f))
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source().map_or(Ok(()), |source| fmt::Debug::fmt(source, f))
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source().and_then(StdError::source)
    }
}
