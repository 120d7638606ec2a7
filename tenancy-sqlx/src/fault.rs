//! What is wrong with a database, and what to do.

use std::borrow::Cow;
use std::fmt;

/// One thing that is wrong: `Display` says it with its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) what: Cow<'static, str>,
    pub(crate) remedy: Cow<'static, str>,
}

impl Fault {
    pub(crate) const fn new(what: &'static str, remedy: &'static str) -> Self {
        Self { what: Cow::Borrowed(what), remedy: Cow::Borrowed(remedy) }
    }

    pub(crate) fn of(what: String, remedy: String) -> Self {
        Self { what: Cow::Owned(what), remedy: Cow::Owned(remedy) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.remedy)
    }
}
