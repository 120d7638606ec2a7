use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// What splits a meter, such as a region or a class of routes: 1 to 64 ASCII letters, digits and
/// `_ - . / :`.
///
/// ```
/// use tenancy_core::usage::Dimension;
///
/// const EUROPE: Dimension = Dimension::from_static("region:eu-west");
/// assert_eq!(Dimension::parse("region:eu-west")?, EUROPE);
/// assert!(Dimension::parse("a b").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dimension(Cow<'static, str>);

impl Dimension {
    /// Takes the counts of a tenant that splits a meter more often than is kept apart.
    pub const OTHER: Self = Self::from_static("other");

    /// The longest text, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Takes a text written in the program.
    ///
    /// # Panics
    ///
    /// When the text breaks the rules: at compile time, in a constant.
    pub const fn from_static(text: &'static str) -> Self {
        assert!(is_valid(text), "a dimension is 1 to 64 ASCII letters, digits and _ - . / :");
        Self(Cow::Borrowed(text))
    }

    /// Reads a text; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it breaks the rules.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_valid(text) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            let message =
                "read a dimension: 1 to 64 ASCII letters, digits and _ - . / : are allowed";
            Err(Error::invalid("dimension", message))
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > Dimension::MAX_LEN {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.' | b'/' | b':') {
            return false;
        }
        at += 1;
    }
    true
}

impl FromStr for Dimension {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Dimension {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Dimension> for String {
    fn from(dimension: Dimension) -> Self {
        dimension.0.into_owned()
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dimension({})", self.0)
    }
}
