use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The name of something that is counted: 1 to 40 characters of `a-z`, `0-9` and `_`.
///
/// ```
/// use tenancy_core::usage::Meter;
///
/// const REPORTS: Meter = Meter::from_static("reports");
/// assert_eq!(Meter::parse("reports")?, REPORTS);
/// assert!(Meter::parse("Reports!").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Meter(Cow<'static, str>);

impl Meter {
    /// Requests that were answered.
    pub const API_CALLS: Self = Self::from_static("api_calls");
    /// Transactions that were made.
    pub const TRANSACTIONS: Self = Self::from_static("transactions");
    /// Bytes that were received and sent.
    pub const BANDWIDTH_BYTES: Self = Self::from_static("bandwidth_bytes");

    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 40;

    /// Takes a name written in the program.
    ///
    /// # Panics
    ///
    /// When the name breaks the rules: at compile time, in a constant.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_valid(name), "a meter's name is 1 to 40 characters of a-z, 0-9 and _");
        Self(Cow::Borrowed(name))
    }

    /// Reads a name; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it breaks the rules.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if is_valid(name) {
            Ok(Self(Cow::Owned(name.to_owned())))
        } else {
            let message = "read a meter's name: 1 to 40 characters of a-z, 0-9 and _ are allowed";
            Err(Error::invalid("meter", message))
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > Meter::MAX_LEN {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        at += 1;
    }
    true
}

impl FromStr for Meter {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::parse(name)
    }
}

impl TryFrom<String> for Meter {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::parse(&name)
    }
}

impl From<Meter> for String {
    fn from(meter: Meter) -> Self {
        meter.0.into_owned()
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Meter({})", self.0)
    }
}
