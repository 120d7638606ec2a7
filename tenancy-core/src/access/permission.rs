use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// One thing that may be done: `resource:action`, such as `payments:refund`.
///
/// Each word is 1 to 32 characters of `a-z`, `0-9`, `_` and `-`, and begins with a letter. A
/// permission has no wildcard: that is a [`PermissionPattern`](super::PermissionPattern).
///
/// ```
/// use tenancy_core::access::Permission;
///
/// const REFUND: Permission = Permission::from_static("payments:refund");
/// assert_eq!((REFUND.resource(), REFUND.action()), ("payments", "refund"));
/// assert!(Permission::parse("payments").is_err());
/// assert!(Permission::parse("payments:*").is_err());
/// assert!(Permission::parse("Payments:refund").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Permission(Cow<'static, str>);

impl Permission {
    /// Takes a permission written in the program.
    ///
    /// # Panics
    ///
    /// When it breaks the rules: at compile time, in a constant.
    pub const fn from_static(text: &'static str) -> Self {
        assert!(is_valid(text), "a permission is resource:action, in words of a-z, 0-9, _ and -");
        Self(Cow::Borrowed(text))
    }

    /// Reads a permission; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it breaks the rules.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_valid(text) {
            return Ok(Self(Cow::Owned(text.to_owned())));
        }
        let message = "read a permission: resource:action is expected, each 1 to 32 characters \
                       of a-z, 0-9, _ and -, with a letter first";
        Err(Error::invalid("permission", message))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what it is done to.
    pub fn resource(&self) -> &str {
        self.words().0
    }

    /// Returns what is done.
    pub fn action(&self) -> &str {
        self.words().1
    }

    fn words(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or((&self.0, ""))
    }
}

const fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut colon = 0;
    while colon < bytes.len() && bytes[colon] != b':' {
        colon += 1;
    }
    if colon == bytes.len() {
        return false;
    }
    let (resource, rest) = bytes.split_at(colon);
    let (_, action) = rest.split_at(1);
    is_word(resource) && is_word(action)
}

/// Tells whether it is a word: 1 to 32 of `a-z`, `0-9`, `_` and `-`, a letter first.
pub(super) const fn is_word(bytes: &[u8]) -> bool {
    if bytes.is_empty() || bytes.len() > 32 || !bytes[0].is_ascii_lowercase() {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-') {
            return false;
        }
        at += 1;
    }
    true
}

impl FromStr for Permission {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Permission {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.0.into_owned()
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permission({})", self.0)
    }
}
