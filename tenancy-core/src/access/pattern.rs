use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Permission;
use super::permission::is_word;
use crate::Error;

/// A permission, or all of a kind: `payments:refund`, `payments:*`, `*:view`, `*:*`.
///
/// A star stands for a whole word. Roles and forbids name patterns. Grants never do: they are
/// data, and nobody would look at them again when a release brings a new permission that they
/// happen to match. A role may not name `*:*` for the same reason.
///
/// ```
/// use tenancy_core::access::{Permission, PermissionPattern};
///
/// let reading: PermissionPattern = "*:view".parse()?;
/// assert!(reading.matches(&Permission::from_static("payments:view")));
/// assert!(!reading.matches(&Permission::from_static("payments:view-all")));
/// assert!(PermissionPattern::parse("pay*:view").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PermissionPattern(Words);

/// `None` stands for any word.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Words {
    resource: Option<Box<str>>,
    action: Option<Box<str>>,
}

impl PermissionPattern {
    /// Every permission there is.
    pub const EVERYTHING: Self = Self(Words { resource: None, action: None });

    /// Reads a pattern; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it is none of the four forms.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let words = text.split_once(':').and_then(|(resource, action)| {
            Some(Self(Words { resource: word(resource)?, action: word(action)? }))
        });
        words.ok_or_else(|| {
            let message = "read a pattern of permissions: resource:action is expected, \
                           where a star may stand for a whole word";
            Error::invalid("permission", message)
        })
    }

    /// Tells whether a permission is one of them.
    pub fn matches(&self, permission: &Permission) -> bool {
        let is = |word: Option<&str>, found| word.is_none_or(|word| word == found);
        is(self.resource(), permission.resource()) && is(self.action(), permission.action())
    }

    /// Returns what it is done to; `None` for anything.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// Returns what is done; `None` for anything.
    pub fn action(&self) -> Option<&str> {
        self.0.action.as_deref()
    }
}

/// Reads a word or a star; `None` when it is neither.
#[expect(clippy::option_option, reason = "the outer one says whether it can be read")]
fn word(text: &str) -> Option<Option<Box<str>>> {
    match text {
        "*" => Some(None),
        word => is_word(word.as_bytes()).then(|| Some(word.into())),
    }
}

impl From<Permission> for PermissionPattern {
    fn from(permission: Permission) -> Self {
        let (resource, action) = (permission.resource().into(), permission.action().into());
        Self(Words { resource: Some(resource), action: Some(action) })
    }
}

impl FromStr for PermissionPattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PermissionPattern {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<PermissionPattern> for String {
    fn from(pattern: PermissionPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for PermissionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource().unwrap_or("*"), self.action().unwrap_or("*"))
    }
}

impl fmt::Debug for PermissionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PermissionPattern({self})")
    }
}
