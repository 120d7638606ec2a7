use std::borrow::Cow;
use std::fmt;

use crate::Error;

/// The name of a cache: what metrics and keys call it.
///
/// 1 to 32 characters of `a-z`, `0-9`, `_` and `-`. It names a kind of value and never a tenant.
/// Two caches of the same name over one server are one cache: when the shape of its values
/// changes, give it another name, such as `menus-2`.
///
/// ```
/// use tenancy_core::CacheName;
///
/// const MENUS: CacheName = CacheName::from_static("menus");
/// assert_eq!(MENUS.as_str(), "menus");
/// assert!(CacheName::parse("menus:of{all}").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheName(Cow<'static, str>);

impl CacheName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 32;

    /// Takes a name written in the program.
    ///
    /// # Panics
    ///
    /// When the name breaks the rules: at compile time, in a constant.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_valid(name), "a cache's name is 1 to 32 characters of a-z, 0-9, _ and -");
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
            let message =
                "read a cache's name: 1 to 32 characters of a-z, 0-9, _ and - are allowed";
            Err(Error::invalid("cache", message))
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > CacheName::MAX_LEN {
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

impl fmt::Display for CacheName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CacheName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheName({})", self.0)
    }
}
