use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A place in a list: what [`Slice::next`](super::Slice) holds, and where the next part begins.
///
/// It is a text for URLs, which a client keeps and hands back. It is good for the list it came
/// with alone: of another tenant, for another filter or order, or altered, it is refused. What
/// is in it is not secret to the client: the values sorted by, of a row it has seen.
///
/// ```
/// use tenancy_core::Cursor;
///
/// let cursor: Cursor = "AYIAAAAAAAAAEQ".parse()?;
/// assert_eq!(cursor.to_string(), "AYIAAAAAAAAAEQ");
/// assert!("not a cursor!".parse::<Cursor>().is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor(Box<str>);

impl Cursor {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Cursor {
    type Err = Error;

    /// Takes a text that a client handed back. Whether it is good shows in the list.
    fn from_str(text: &str) -> Result<Self, Error> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || !text.bytes().all(is_plain) {
            return Err(Error::invalid(
                "cursor",
                "read a cursor: hand back the text you were given",
            ));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Cursor {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.0.into()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
