use std::fmt;
use std::str::FromStr;

use crate::Error;

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// It was done.
    Succeeded,
    /// It was refused.
    Denied,
    /// It was tried and did not work.
    Failed,
}

impl AuditOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Succeeded, Self::Denied, Self::Failed];

    /// Returns the name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for AuditOutcome {
    type Err = Error;

    /// Reads the name that is stored.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name).ok_or_else(|| {
            Error::invalid("outcome", "read an outcome: succeeded, denied or failed is expected")
        })
    }
}

impl fmt::Display for AuditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
