use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;

/// A tenant's short name: one DNS label, lower case.
///
/// People see it in hosts and paths. It never becomes part of an identifier in a database.
///
/// Refused besides what DNS refuses: `www`, which hosts use for nobody in particular; `xn--…`,
/// which shows as other letters than it has; and anything that reads as a UUID, which could
/// pass for another tenant's id.
///
/// ```
/// use tenancy_core::TenantSlug;
///
/// assert_eq!(TenantSlug::parse("north-bank")?.as_str(), "north-bank");
/// assert!(TenantSlug::parse("North").is_err());
/// assert!(TenantSlug::parse("a.b").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantSlug(Arc<str>);

impl TenantSlug {
    /// Reads a slug; nothing is folded or trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it breaks a rule named above.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match fault(text) {
            None => Ok(Self(text.into())),
            Some(fault) => Err(Error::invalid("slug", fault)),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn fault(text: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || text.len() > 63 {
        Some("read a slug: 1 to 63 characters are expected")
    } else if !text.bytes().all(allowed) {
        Some("read a slug: only a-z, 0-9 and - are allowed")
    } else if text.starts_with('-') || text.ends_with('-') {
        Some("read a slug: it may not start or end with -")
    } else if text.starts_with("xn--") || text == "www" {
        Some("read a slug: this name is reserved")
    } else if Uuid::try_parse(text).is_ok() {
        Some("read a slug: it may not look like an id")
    } else {
        None
    }
}

impl FromStr for TenantSlug {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for TenantSlug {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<TenantSlug> for String {
    fn from(slug: TenantSlug) -> Self {
        slug.as_str().to_owned()
    }
}

impl fmt::Display for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantSlug({})", self.0)
    }
}
