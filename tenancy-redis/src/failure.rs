use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use tenancy_core::{Error, ErrorKind};

use crate::transport::Asking;

/// Why Redis gave no good answer.
///
/// It keeps no text of the server but the error code: a server may repeat what it was sent, and
/// a login is sent first.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// The connection is of no use any more.
    Lost(Cause),
    /// The server answered with an error, or with something else than expected.
    Refused(Cause),
    /// The answer did not come in time; what was asked may happen still.
    Late(Duration),
    /// It was not asked: the connection is known to be down.
    Down,
    /// Nothing happened: another server of the cluster has the keys.
    Elsewhere(Elsewhere),
    /// Nothing happened: the keys are on their way, or the cluster is being mended.
    NotNow(Cause),
    /// It was not asked: the server evicts keys when it is full, or does not tell.
    Evicts,
}

/// Who has the keys, as the server said that does not have them.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere {
    pub(crate) address: String,
    pub(crate) asking: Asking,
}

/// The code of a server's error, or the text of one of the operating system.
#[derive(Debug, Clone)]
pub(crate) struct Cause(String);

impl Cause {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Failure {
    /// As an error of whoever asked.
    pub(crate) fn into_error(self, doing: &'static str) -> Error {
        let kind = match &self {
            // No time mends it.
            Self::Elsewhere(_) | Self::Evicts => ErrorKind::Misconfigured,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, doing).with_source(self)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(Cause(cause)) => write!(f, "the connection to redis is lost: {cause}"),
            Self::Refused(Cause(cause)) => write!(f, "redis refused: {cause}"),
            Self::Late(deadline) => {
                write!(f, "redis did not answer in {} ms", deadline.as_millis())
            }
            Self::Down => f.write_str("redis is not connected"),
            Self::Elsewhere(_) => {
                f.write_str("this redis is one of a cluster: open it as redis-cluster://")
            }
            Self::NotNow(Cause(cause)) => write!(f, "the cluster of redis is not ready: {cause}"),
            Self::Evicts => f.write_str(
                "a full redis would forget limits: set its maxmemory-policy to noeviction",
            ),
        }
    }
}

impl StdError for Failure {}
