use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::Error;

/// Names one request in logs and answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Makes a new one.
    pub fn generate() -> Self {
        Self(Uuid::now_v7().as_simple().to_string().into())
    }

    /// Takes a caller's: 1 to 64 of letters, digits, `-`, `_` and `.`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(Error::invalid("x-request-id", "read a request id: it is malformed"));
        }
        Ok(Self(text.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
