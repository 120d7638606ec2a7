use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::permission::is_word;
use crate::Error;

/// The name of a role, as grants store it: 1 to 32 characters of `a-z`, `0-9`, `_` and `-`, a
/// letter first.
///
/// ```
/// use tenancy_core::access::RoleName;
///
/// const TEACHER: RoleName = RoleName::from_static("teacher");
/// assert_eq!(RoleName::parse("teacher")?, TEACHER);
/// assert!(RoleName::parse("Teacher").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleName(Cow<'static, str>);

impl RoleName {
    /// Takes a name written in the program.
    ///
    /// # Panics
    ///
    /// When it breaks the rules: at compile time, in a constant.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_word(name.as_bytes()), "a role's name is a word of a-z, 0-9, _ and -");
        Self(Cow::Borrowed(name))
    }

    /// Reads a name; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it breaks the rules.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if is_word(name.as_bytes()) {
            return Ok(Self(Cow::Owned(name.to_owned())));
        }
        let message = "read a role's name: 1 to 32 characters of a-z, 0-9, _ and - are \
                       expected, with a letter first";
        Err(Error::invalid("role", message))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for RoleName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<RoleName> for String {
    fn from(name: RoleName) -> Self {
        name.0.into_owned()
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoleName({})", self.0)
    }
}

/// What holders of a role may do: all that its parents may, and more.
///
/// The texts are read when the catalogue is built, which names what is wrong with them.
///
/// ```
/// use tenancy_core::access::Role;
///
/// let operator = Role::new("operator").inherits("viewer").may("payments:*").may("refunds:create");
/// ```
#[derive(Debug, Clone)]
pub struct Role {
    pub(super) name: Cow<'static, str>,
    pub(super) parents: Vec<Cow<'static, str>>,
    pub(super) patterns: Vec<Cow<'static, str>>,
}

impl Role {
    /// Makes a role that may do nothing.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), parents: Vec::new(), patterns: Vec::new() }
    }

    /// Adds all that another role may do.
    pub fn inherits(mut self, parent: impl Into<Cow<'static, str>>) -> Self {
        self.parents.push(parent.into());
        self
    }

    /// Adds a permission, or a pattern of them.
    pub fn may(mut self, pattern: impl Into<Cow<'static, str>>) -> Self {
        self.patterns.push(pattern.into());
        self
    }
}
